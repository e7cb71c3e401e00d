// Thresholds that are reached fire: once each, however often it is asked, and through crashes,
// because the row of the budget says which have.
#pragma once

#include "budget/budget_rows_store.hpp"

namespace ideamine::budget {

// Everything here inside a pg::Spi, as the owner.

// One pass over the budgets that shared memory knows to have reached a threshold, and over those
// that were changed. Returns how many thresholds fired.
std::int64_t act();

// One pass over all budgets; what shared memory does not know is summed up from tables.
std::int64_t sweep();

}  // namespace ideamine::budget
