// The figures of a graph.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "replay/outcome.hpp"
#include "replay/workload.hpp"

namespace replay {

struct GraphRow {
    std::string name;
    std::size_t tasks = 0;
    std::size_t edges = 0;
    std::optional<std::size_t> depth;  // none: it has a cycle
    std::size_t waves = 0;
    std::optional<std::string> refusal;  // with the names of its tasks
};

std::vector<GraphRow> describe_graphs(const Workload& workload, const GraphOutcomes& outcomes);

}  // namespace replay
