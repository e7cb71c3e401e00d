// Reading what may run into the dispatch plane.
#pragma once

namespace ideamine::jobs {

// If nothing is there yet, or jobs are missing; `found_little`: so few are left that those count
// which found no room. Returns whether it has. Inside a pg::Spi.
bool load_if_due(bool found_little);

}  // namespace ideamine::jobs
