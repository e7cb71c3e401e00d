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

std::optional<std::string> TriggerCall::text(HeapTuple row, const char* column) const {
    const auto* const found = call([&] {
        const auto descriptor = RelationGetDescr(data_->tg_relation);
        return SPI_getvalue(row, descriptor, SPI_fnumber(descriptor, column));
    });
    return found == nullptr ? std::nullopt : std::optional{std::string{found}};
}

std::optional<std::string> TriggerCall::old_text(const char* column) const {
    return TRIGGER_FIRED_BY_INSERT(data_->tg_event) ? std::nullopt
                                                    : text(data_->tg_trigtuple, column);
}

std::optional<std::string> TriggerCall::new_text(const char* column) const {
    if (TRIGGER_FIRED_BY_DELETE(data_->tg_event)) {
        return std::nullopt;
    }
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(data_->tg_event);
    return text(is_update ? data_->tg_newtuple : data_->tg_trigtuple, column);
}

}  // namespace ideamine::pg
