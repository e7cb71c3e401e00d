// The shape of a task graph.
#pragma once

#include <cstddef>
#include <optional>

#include "replay/workload.hpp"

namespace replay {

std::size_t count_edges(const Workload& workload, const Graph& graph);

// How many tasks are on the longest path; none if there is a cycle.
std::optional<std::size_t> depth_of(const Workload& workload, const Graph& graph);

}  // namespace replay
