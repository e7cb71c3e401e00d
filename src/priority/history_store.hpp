// The history of preemptions.
#pragma once

#include <optional>
#include <string>

#include "ideamine/clock.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::priority {

// Whose job this is, ended or not; none: nobody's. Inside a pg::Spi, as who may read all rows.
std::optional<std::string> tenant_of(const Uuid& job);

// Removes what was decided before that, but for jobs that are still to be resumed. One pass;
// returns how many rows. Inside a pg::Spi.
std::int64_t purge_history(Time before);

}  // namespace ideamine::priority
