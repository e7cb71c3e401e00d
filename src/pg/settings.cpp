#include "ideamine/pg/settings.hpp"

namespace ideamine::pg {

namespace {

int unit_flag(Unit unit) {
    switch (unit) {
        case Unit::none:
            return 0;
        case Unit::milliseconds:
            return GUC_UNIT_MS;
        case Unit::seconds:
            return GUC_UNIT_S;
        case Unit::minutes:
            return GUC_UNIT_MIN;
        case Unit::kilobytes:
            return GUC_UNIT_KB;
    }
    return 0;
}

GucContext context_of(Changed changed) {
    switch (changed) {
        case Changed::by_anyone:
            return PGC_USERSET;
        case Changed::by_administrator:
            return PGC_SUSET;
        case Changed::by_reload:
            return PGC_SIGHUP;
        case Changed::by_restart:
            return PGC_POSTMASTER;
    }
    return PGC_SUSET;
}

}  // namespace

void define(const IntSetting& setting) {
    call([&setting] {
        DefineCustomIntVariable(setting.name, setting.description, nullptr, setting.variable,
                                setting.initial, setting.least, setting.most,
                                context_of(setting.changed), unit_flag(setting.unit), nullptr,
                                nullptr, nullptr);
    });
}

void define(const RealSetting& setting) {
    call([&setting] {
        DefineCustomRealVariable(setting.name, setting.description, nullptr, setting.variable,
                                 setting.initial, setting.least, setting.most,
                                 context_of(setting.changed), 0, nullptr, nullptr, nullptr);
    });
}

void define(const BoolSetting& setting) {
    call([&setting] {
        DefineCustomBoolVariable(setting.name, setting.description, nullptr, setting.variable,
                                 setting.initial, context_of(setting.changed), 0, nullptr, nullptr,
                                 nullptr);
    });
}

void define(const TextSetting& setting) {
    call([&setting] {
        DefineCustomStringVariable(setting.name, setting.description, nullptr, setting.variable,
                                   setting.initial, context_of(setting.changed), 0, nullptr,
                                   nullptr, nullptr);
    });
}

void reserve_prefix(const char* prefix) {
    call([prefix] { MarkGUCPrefixReserved(prefix); });
}

}  // namespace ideamine::pg
