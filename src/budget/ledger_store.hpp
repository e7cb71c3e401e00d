// What the counters of budgets are loaded from: one account per scope, with a counter for each
// period of which there is a budget.
#pragma once

#include "admission/admission_shared.hpp"
#include "budget/period.hpp"
#include "budget/scope.hpp"
#include "budget/thresholds.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::budget {

inline constexpr char budget_kind = 'b';
// The key is that of encode(), and not copied.
admission::shared::Party party(std::string_view key);

// In _PG_init: audit_counters() knows of them.
void let_audit();

// A budget is counted in the resource of its period.
constexpr int resource_of(Period period) {
    return static_cast<int>(period);
}
inline constexpr int money_digits = 9;  // nano-dollars

// A row of budgets.
struct Budget {
    Period period;
    Amount total;
    Thresholds thresholds;
    ThresholdSet fired;  // in the period that began at `fired_in`
    Time fired_in;
};
std::vector<Budget> read_budgets(const Scope& scope);

// Which of its thresholds have fired in the period that began then.
inline ThresholdSet fired_in(const Budget& budget, Time window_start) {
    return budget.fired_in == window_start ? budget.fired : ThresholdSet{};
}

// The columns of read_budget().
#define IDEAMINE_BUDGET                                                                         \
    "period::text, total, warn_at, throttle_at, throttle_high_at, pause_at, warn_action::text," \
    " throttle_action::text, throttle_high_action::text, pause_action::text, fired, fired_in"
Budget read_budget(const pg::Row& row, int first = 0);

}  // namespace ideamine::budget
