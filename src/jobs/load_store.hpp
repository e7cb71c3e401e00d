// Reading what may run into the dispatch plane.
#pragma once

#include "dispatch/loading_shared.hpp"
#include "ideamine/pg/function.hpp"

namespace ideamine::jobs {

// If nothing is there yet, or jobs are missing. Returns whether it has. Inside a pg::Spi.
bool load_if_due(dispatch::shared::Found found);

// Compares the plane with the table, and publishes what had been missing there. Returns how many
// jobs those are: more than 0 is a fault, or somebody has changed rows by hand. Inside a pg::Spi.
std::int64_t reconcile_dispatch();

// Adds every job that the caller can see running, of a worker or of all, and perhaps some that are
// not. Inside a pg::Spi.
void list_running(const std::optional<Uuid>& worker, pg::Returned& returned);

}  // namespace ideamine::jobs
