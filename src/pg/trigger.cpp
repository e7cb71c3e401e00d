#include "ideamine/pg/trigger.hpp"

extern "C" {
#include "utils/rel.h"
}

namespace ideamine::pg {

TriggerCall::TriggerCall(FunctionCallInfo fcinfo)
    : data_(reinterpret_cast<TriggerData*>(fcinfo->context)) {
    if (!CALLED_AS_TRIGGER(fcinfo)) {
        throw ideamine::Error(Code::invalid_argument, "this function is for triggers only");
    }
}

std::optional<Datum> TriggerCall::value(HeapTuple row, const char* column) const {
    struct Found {
        bool null;
        Datum value;
    };
    const auto found = call([&] {
        const auto descriptor = RelationGetDescr(data_->tg_relation);
        Found result{};
        result.value =
            SPI_getbinval(row, descriptor, SPI_fnumber(descriptor, column), &result.null);
        return result;
    });
    return found.null ? std::nullopt : std::optional{found.value};
}

std::optional<Datum> TriggerCall::old_value(const char* column) const {
    return TRIGGER_FIRED_BY_INSERT(data_->tg_event) ? std::nullopt
                                                    : value(data_->tg_trigtuple, column);
}

std::optional<Datum> TriggerCall::new_value(const char* column) const {
    if (TRIGGER_FIRED_BY_DELETE(data_->tg_event)) {
        return std::nullopt;
    }
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(data_->tg_event);
    return value(is_update ? data_->tg_newtuple : data_->tg_trigtuple, column);
}

namespace {

std::optional<std::string> as_text(std::optional<Datum> value) {
    return value ? std::optional{std::string{text_view(*value)}} : std::nullopt;
}

}  // namespace

std::optional<std::string> TriggerCall::old_text(const char* column) const {
    return as_text(old_value(column));
}

std::optional<std::string> TriggerCall::new_text(const char* column) const {
    return as_text(new_value(column));
}

std::optional<std::int32_t> TriggerCall::new_integer(const char* column) const {
    const auto value = new_value(column);
    return value ? std::optional{DatumGetInt32(*value)} : std::nullopt;
}

}  // namespace ideamine::pg
