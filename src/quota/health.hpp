// How well a tenant gets along with its quotas, as one number.
#pragma once

#include <array>
#include <span>

#include "admission/counter.hpp"

namespace ideamine::quota {

struct Load {
    admission::Amount used = 0;
    admission::Amount limit = admission::unlimited;
};

// How many violations of each severity, in the order of the enumeration.
using ViolationCounts = std::array<std::int64_t, 4>;

// 100, less 5, 10 or 15 for each resource of which 80, 90 or 100 % are in use (at most 40 in all),
// less 1, 3, 7 or 15 for each violation by its severity (at most 50 in all), less 10 while
// throttled; not below 0.
int health(std::span<const Load> loads, const ViolationCounts& violations, bool throttled);

}  // namespace ideamine::quota
