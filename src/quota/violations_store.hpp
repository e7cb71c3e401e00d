// Violations in their table, with their events.
#pragma once

#include <cstdint>

#include "ideamine/clock.hpp"

namespace ideamine::quota {

// Writes what is queued: repeats are counted on the row that is there, and each new row has an
// event. Returns how many violations. Inside a pg::Spi.
std::int64_t record_violations();

// Violations and events from before this time.
void purge_records(Time before);

}  // namespace ideamine::quota
