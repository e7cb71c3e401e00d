#include "replay/scenes.hpp"

#include "replay/deal.hpp"

namespace replay {

namespace {

using std::chrono::milliseconds;

// Jobs of one kind that come one after another.
struct Kind {
    std::string type;
    int priority_class;
    Needs needs;
    std::size_t jobs;
    int steps;
    milliseconds step;
    milliseconds first_arrival;
    milliseconds between{};
};

void add_jobs(const Kind& kind, Workload& workload) {
    for (std::size_t number = 0; number < kind.jobs; ++number) {
        Job job;
        job.tenant = workload.jobs.size() % workload.tenants.size();
        job.priority_class = kind.priority_class;
        job.type = kind.type;
        job.needs = kind.needs;
        job.steps = kind.steps;
        job.runtime = kind.step * kind.steps;
        job.arrival = kind.first_arrival + kind.between * static_cast<int>(number);
        workload.jobs.push_back(job);
    }
}

}  // namespace

const std::vector<Capacity>& scene_capacity() {
    static const std::vector<Capacity> capacity{{"cpu", 16}, {"memory", 64}, {"gpu", 4}};
    return capacity;
}

Workload pressure_workload() {
    Workload workload{tenant_names(3), {}};
    const std::vector<Kind> kinds{
        {"crawl", 3, {2, 4, 0}, 14, 9, milliseconds{200}, {}},
        {"train", 2, {1, 8, 1}, 10, 6, milliseconds{200}, {}},
        {"answer", 1, {1, 4, 1}, 6, 4, milliseconds{100}, milliseconds{1200}, milliseconds{400}},
        {"alarm", 0, {2, 8, 1}, 5, 6, milliseconds{100}, milliseconds{1000}, milliseconds{500}},
    };
    for (const Kind& kind : kinds) {
        add_jobs(kind, workload);
    }
    return workload;
}

Workload budget_workload() {
    // Not round, so that a sum that was rounded anywhere is seen.
    constexpr Nano least_cost = 3'500'001;
    constexpr Nano dearer_each = 1'373;
    Workload workload{tenant_names(1), {}};
    const std::vector<Kind> kinds{
        {"approve", 0, {}, 4, 20, milliseconds{100}, {}},
        {"answer", 1, {}, 8, 24, milliseconds{100}, {}},
        {"draft", 2, {}, 12, 16, milliseconds{100}, {}},
        {"index", 3, {}, 16, 16, milliseconds{100}, {}},
    };
    for (const Kind& kind : kinds) {
        add_jobs(kind, workload);
    }
    for (std::size_t index = 0; index < workload.jobs.size(); ++index) {
        workload.jobs[index].step_cost = least_cost + dearer_each * static_cast<Nano>(index);
    }
    return workload;
}

const std::vector<Threshold>& default_thresholds() {
    static const std::vector<Threshold> thresholds{{"warn_at", 50, "alert"},
                                                   {"throttle_at", 80, "preempt-P3"},
                                                   {"throttle_high_at", 90, "preempt-P2-P3"},
                                                   {"pause_at", 95, "pause-all"}};
    return thresholds;
}

}  // namespace replay
