// Reading what may run into the dispatch plane.
#pragma once

#include <cstdint>

namespace ideamine::jobs {

// If nothing is there yet, or jobs are missing; `found_little`: so few are left that those count
// which found no room. Returns whether it has. Inside a pg::Spi.
bool load_if_due(bool found_little);

// Compares the plane with the table, and publishes what had been missing there. Returns how many
// jobs those are: more than 0 is a fault, or somebody has changed rows by hand. Inside a pg::Spi.
std::int64_t reconcile_dispatch();

}  // namespace ideamine::jobs
