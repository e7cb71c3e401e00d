#include "replay/generate.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace replay {

namespace {

using Stages = std::vector<std::size_t>;

// How many jobs each stage has.
Stages draw_stages(Random& random) {
    const auto width = static_cast<std::size_t>(random.between(3, 8));
    const std::array shapes{
        Stages{1},        Stages{1, 1, 1},     Stages{1, 1, 1, 1, 1, 1}, Stages{1, width},
        Stages{width, 1}, Stages{1, width, 1}, Stages{1, width, 3, 1},
    };
    return shapes.at(random.below(shapes.size()));
}

Job draw_job(Dealer& dealer, std::size_t tenant, std::size_t stage) {
    static constexpr std::array types{"plan", "search", "draft", "review", "revise", "publish"};
    constexpr std::int64_t latest_arrival_ms = 40'000;
    Random& random = dealer.random();
    Job job;
    job.tenant = tenant;
    job.priority_class = dealer.priority_class();
    job.type = types.at(stage);
    job.context_tokens = random.between(100, 4'000);
    job.generated_tokens = random.between(5, 100);
    if (random.below(10) == 0) {
        job.arrival = std::chrono::milliseconds{random.between(1, latest_arrival_ms)};
    }
    return job;
}

void add_graph(Dealer& dealer, std::size_t limit, std::vector<Job>& jobs) {
    const std::size_t tenant = dealer.tenant();
    const Stages stages = draw_stages(dealer.random());
    std::vector<std::size_t> before;
    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
        std::vector<std::size_t> here;
        for (std::size_t n = 0; n < stages[stage] && jobs.size() < limit; ++n) {
            Job job = draw_job(dealer, tenant, stage);
            job.parents = before;
            here.push_back(jobs.size());
            jobs.push_back(std::move(job));
        }
        before = std::move(here);
    }
}

}  // namespace

Workload generate(std::size_t jobs, const DealOptions& options) {
    Dealer dealer(options);
    Workload workload{tenant_names(options.tenants), {}};
    workload.jobs.reserve(jobs);
    while (workload.jobs.size() < jobs) {
        add_graph(dealer, jobs, workload.jobs);
    }
    dealer.mark_failures(workload.jobs);
    return workload;
}

}  // namespace replay
