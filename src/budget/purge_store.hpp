// What is not needed any more of costs.
#pragma once

#include <cstdint>

#include "ideamine/clock.hpp"

namespace ideamine::budget {

// Makes the partitions of costs of today and tomorrow, and removes old idempotency keys and
// reservations that have ended: one pass; returns how many rows. Inside a pg::Spi, as the owner.
std::int64_t purge(Time at);

}  // namespace ideamine::budget
