#include "budget/windows_store.hpp"

#include "quota/tenant_ledger_store.hpp"
#include "quota/zone_store.hpp"

namespace ideamine::budget {

namespace {

Window window_at(const quota::Whereabouts& where, Period period, Time at) {
    const quota::ServerZone zone{where.zone};
    if (!where.since) {
        return window_of(period, at, zone);
    }
    const quota::ServerZone before{where.before};
    return window_of(period, at, zone, *where.since, before, where.before_since);
}

}  // namespace

std::optional<Windows> current_windows(const std::string& tenant, Time now) {
    const auto where = quota::find_whereabouts(tenant);
    return where ? std::optional{Windows{.day = window_at(*where, Period::day, now),
                                         .month = window_at(*where, Period::month, now)}}
                 : std::nullopt;
}

Window window_of(const Windows& windows, Period period) {
    switch (period) {
        case Period::day:
            return windows.day;
        case Period::month:
            return windows.month;
        case Period::once:
            break;
    }
    return {.start = Time::min(), .end = Time::max()};
}

Time window_end(const std::string& tenant, Period period, Time start) {
    const auto where = quota::find_whereabouts(tenant);
    return period == Period::once || !where ? Time::max() : window_at(*where, period, start).end;
}

}  // namespace ideamine::budget
