// A workload from task graphs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "replay/deal.hpp"
#include "replay/workload.hpp"

namespace replay {

struct InputTask {
    std::string name;
    std::vector<std::size_t> parents;  // positions in InputGraph::tasks
    Micros runtime{};

    bool operator==(const InputTask&) const = default;
};

struct InputGraph {
    std::string name;
    std::vector<InputTask> tasks;

    bool operator==(const InputGraph&) const = default;
};

// Each graph belongs to one tenant.
Workload from_graphs(const std::vector<InputGraph>& graphs, const DealOptions& options);

}  // namespace replay
