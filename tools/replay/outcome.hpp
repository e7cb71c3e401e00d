// What became of the graphs of a workload.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace replay {

struct GraphOutcome {
    std::optional<std::string> refusal;  // the server's DETAIL
    std::size_t waves = 0;               // 0 where workers took what they could get
};

// By position in Workload::graphs.
using GraphOutcomes = std::vector<GraphOutcome>;

}  // namespace replay
