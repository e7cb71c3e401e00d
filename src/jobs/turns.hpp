// Tenants take turns within a priority class, one job at a time.
#pragma once

#include <cstdint>

namespace ideamine::jobs {

// So that a turn need not be a query: how many jobs each of `tenants` tenants may give at once when
// `wanted` are to be dealt one by one. As many rounds as are sure to be full are taken together, at
// least one; the rest is dealt in further calls, among those that still have something.
std::int32_t jobs_per_turn(std::int32_t wanted, std::int32_t tenants);

}  // namespace ideamine::jobs
