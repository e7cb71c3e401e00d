#include "replay/depth.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace replay {

std::size_t count_edges(const Workload& workload, const Graph& graph) {
    std::size_t edges = 0;
    for (std::size_t index = graph.first; index < graph.first + graph.jobs; ++index) {
        edges += workload.jobs[index].parents.size();
    }
    return edges;
}

// From those that wait for nothing downwards; what is on a cycle or behind one is never reached.
std::optional<std::size_t> depth_of(const Workload& workload, const Graph& graph) {
    std::vector<std::vector<std::size_t>> children(graph.jobs);
    std::vector<std::size_t> waits_for(graph.jobs);
    std::vector<std::size_t> level;
    for (std::size_t place = 0; place < graph.jobs; ++place) {
        const auto& parents = workload.jobs[graph.first + place].parents;
        waits_for[place] = parents.size();
        for (const std::size_t parent : parents) {
            children[parent - graph.first].push_back(place);
        }
        if (parents.empty()) {
            level.push_back(place);
        }
    }
    std::size_t depth = 0;
    std::size_t reached = 0;
    while (!level.empty()) {
        ++depth;
        reached += level.size();
        std::vector<std::size_t> next;
        for (const std::size_t place : level) {
            std::ranges::copy_if(children[place], std::back_inserter(next),
                                 [&](std::size_t child) { return --waits_for[child] == 0; });
        }
        level = std::move(next);
    }
    return reached == graph.jobs ? std::optional{depth} : std::nullopt;
}

}  // namespace replay
