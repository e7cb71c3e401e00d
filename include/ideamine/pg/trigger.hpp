// A call of a function by a trigger.
#pragma once

#include "ideamine/pg/datum.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace ideamine::pg {

class TriggerCall {
  public:
    // Throws if the function was not called by a trigger.
    explicit TriggerCall(FunctionCallInfo fcinfo);

    bool is_for_row() const { return TRIGGER_FIRED_FOR_ROW(data_->tg_event); }

    // A column of the row as text, before the change and after it; none where it is NULL, or there
    // is no such row.
    std::optional<std::string> old_text(const char* column) const;
    std::optional<std::string> new_text(const char* column) const;

    // What the trigger's function returns, for a trigger that comes after the change.
    static Datum done() { return PointerGetDatum(nullptr); }

  private:
    std::optional<std::string> text(HeapTuple row, const char* column) const;

    TriggerData* data_;
};

}  // namespace ideamine::pg
