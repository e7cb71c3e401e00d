// Taking leases back: from workers that fell silent, and from attempts that ran out of time.
#pragma once

#include "ideamine/pg/function.hpp"

namespace ideamine::workers {

// Each is one pass of a duty, judged by the time `at`, and adds a row per worker or lease that it
// ended. Rows that another transaction works on are left for the next pass. Inside a pg::Spi.
void mark_stale(Time at, pg::Returned& returned);
void expire_leases(Time at, pg::Returned& returned);

// Hands the jobs that a worker holds back unharmed, and returns how many. Inside a pg::Spi.
std::int32_t release_jobs_of(const Uuid& worker);

}  // namespace ideamine::workers
