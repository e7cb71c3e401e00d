#include "replay/graph_row.hpp"

#include "replay/cycle.hpp"
#include "replay/depth.hpp"

namespace replay {

std::vector<GraphRow> describe_graphs(const Workload& workload, const GraphOutcomes& outcomes) {
    std::vector<GraphRow> rows;
    for (std::size_t place = 0; place < outcomes.size(); ++place) {
        const Graph& graph = workload.graphs[place];
        const auto& [refusal, waves] = outcomes[place];
        rows.push_back({graph.name, graph.jobs, count_edges(workload, graph),
                        depth_of(workload, graph), waves,
                        refusal ? std::optional{with_names(*refusal, workload)} : std::nullopt});
    }
    return rows;
}

}  // namespace replay
