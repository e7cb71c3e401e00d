#include "replay/trace.hpp"

#include <utility>

namespace replay {

Workload from_trace(const std::vector<Request>& requests, const DealOptions& options) {
    Dealer dealer(options);
    Workload workload{tenant_names(options.tenants), {}};
    workload.jobs.reserve(requests.size());
    for (const Request& request : requests) {
        Job job;
        job.tenant = dealer.tenant();
        job.priority_class = dealer.priority_class();
        job.type = "request";
        job.context_tokens = request.context_tokens;
        job.generated_tokens = request.generated_tokens;
        job.arrival = request.arrival;
        workload.jobs.push_back(std::move(job));
    }
    dealer.mark_failures(workload.jobs);
    return workload;
}

}  // namespace replay
