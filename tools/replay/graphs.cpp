#include "replay/graphs.hpp"

namespace replay {

Workload from_graphs(const std::vector<InputGraph>& graphs, const DealOptions& options) {
    Dealer dealer(options);
    Workload workload{tenant_names(options.tenants), {}};
    for (const InputGraph& graph : graphs) {
        const std::size_t first = workload.jobs.size();
        Job job;
        job.type = "task";
        job.tenant = dealer.tenant();
        job.priority_class = dealer.priority_class();
        for (const InputTask& task : graph.tasks) {
            job.name = task.name;
            job.runtime = task.runtime;
            job.parents = task.parents;
            for (std::size_t& parent : job.parents) {
                parent += first;
            }
            workload.jobs.push_back(job);
        }
        workload.graphs.push_back({graph.name, first, graph.tasks.size()});
    }
    dealer.mark_failures(workload.jobs);
    return workload;
}

}  // namespace replay
