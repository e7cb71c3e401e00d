// Sums of costs by day: what budgets, which may be for ever, are counted from when details are
// gone.
#pragma once

#include "ideamine/clock.hpp"

namespace ideamine::budget {

// What settles a reservation counts in the day in which that was made, and is recorded, and summed
// up, on a later one: sums are by both. All of these inside a pg::Spi, as the owner.

// Sums up what was recorded on days that have been over for an hour, and closes those for good.
// Returns how many days that were.
std::int64_t roll_up_costs(Time at);

// Drops what was recorded longer than `keep` ago, whole days of it, if it is rolled up. Returns how
// many days that were.
std::int64_t drop_old_costs(Time at, Duration keep);

// Until the transaction ends, all that was recorded is found in the sums or, from their horizon on,
// in cost_events: before a statement that reads both.
void keep_costs();

}  // namespace ideamine::budget
