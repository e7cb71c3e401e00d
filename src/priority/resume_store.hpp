// Jobs that gave way come back when there is room for them.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::priority {

// Why a job was not resumed, for people; none: it was. Throws ID404. Inside a pg::Spi.
std::optional<std::string> resume(const std::string& tenant, const Uuid& job);

// One pass over the preempted jobs of all tenants: the highest class first, and within a class who
// gave way first. Each has to fit beside those that were resumed before it; one that does not lets
// none of its tenant pass that needs the same. One that has waited for an aging interval is resumed
// all the same, and stands in line from then on. Returns how many were resumed.
std::int64_t resume_all(Time at);

}  // namespace ideamine::priority
