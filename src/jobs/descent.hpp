// Who is affected, directly or through others, by what happens to a job.
#pragma once

#include <cstdint>
#include <vector>

#include "jobs/graph.hpp"

namespace ideamine::jobs {

// For each node, whether it is one of `roots` or waits for one of them, directly or through others.
// O(edges × log edges), and without recursion.
std::vector<bool> find_dependents(std::uint32_t nodes, const std::vector<Edge>& edges,
                                  const std::vector<std::uint32_t>& roots);

}  // namespace ideamine::jobs
