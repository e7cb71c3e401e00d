// The rows of budgets.
#pragma once

#include "budget/ledger_store.hpp"

namespace ideamine::budget {

// What a caller says of a threshold; the rest stays as it is.
struct TriggerChange {
    std::optional<Share> share;
    std::optional<Action> action;
};
using ThresholdChanges = std::array<TriggerChange, all_thresholds.size()>;

struct SetBudget {
    bool created;
    ThresholdSet armed_again;  // they had fired, and may do so once more
};

// Makes it if need be. Throws ID400 where a value is out of its range. Inside a pg::Spi, as the
// owner.
SetBudget set_budget(const Scope& scope, Period period, Amount total,
                     const ThresholdChanges& changes);

// How a budget stands. Inside a pg::Spi, as the owner.
struct Standing {
    Budget budget;
    Amount spent;
    Amount held;
    Window window;
    Amount spent_last_hour;
};
// None: there is no such budget.
std::optional<Standing> standing_of(const Scope& scope, Period period, Time now);

// What it closes, in a word: active, warned, throttled, throttled_high or paused.
std::string_view state_of(const Budget& budget, Time window_start);

}  // namespace ideamine::budget
