// The rows of budgets, one by one.
#pragma once

#include "budget/ledger_store.hpp"

namespace ideamine::budget {

// Everything here inside a pg::Spi, as the owner.

// Locked until the end of the transaction; none: there is no such budget.
std::optional<Budget> lock_budget(const Scope& scope, Period period);

// `must_check`: whether its thresholds are reached is to be found out by the background worker.
void write_budget(const Scope& scope, const Budget& budget, bool must_check);

// What a budget closes in a window: its jobs are not handed out, those that run give way, until the
// window ends. `decision`: the event that closed more than was closed before, if there is one.
void close_as_fired(const Scope& scope, const Budget& budget, const Window& window,
                    const std::optional<Uuid>& decision = {});
// The budget is there no more.
void open_all(const Scope& scope, Period period);

}  // namespace ideamine::budget
