#include "replay/workload.hpp"

#include <algorithm>

#include "replay/depth.hpp"

namespace replay {

namespace {

Micros sped_up(Micros time, double speed) {
    return Micros{static_cast<std::int64_t>(static_cast<double>(time.count()) / speed)};
}

std::vector<std::vector<std::size_t>> children_of(const std::vector<Job>& jobs) {
    std::vector<std::vector<std::size_t>> children(jobs.size());
    for (std::size_t index = 0; index < jobs.size(); ++index) {
        for (const std::size_t parent : jobs[index].parents) {
            children[parent].push_back(index);
        }
    }
    return children;
}

}  // namespace

const char* to_string(Fate fate) {
    switch (fate) {
        case Fate::completed:
            return "completed";
        case Fate::dead:
            return "failed";
        case Fate::cancelled:
            return "cancelled";
        case Fate::refused:
            return "refused";
    }
    return "unknown";
}

// From the poison downwards, as parents may stand behind their children.
std::vector<Fate> expected_fates(const Workload& workload) {
    const auto children = children_of(workload.jobs);
    std::vector<Fate> fates(workload.jobs.size(), Fate::completed);
    std::vector<std::size_t> open;
    for (std::size_t index = 0; index < fates.size(); ++index) {
        if (workload.jobs[index].poison) {
            fates[index] = Fate::dead;
            open.push_back(index);
        }
    }
    while (!open.empty()) {
        const std::size_t index = open.back();
        open.pop_back();
        for (const std::size_t child : children[index]) {
            if (fates[child] != Fate::cancelled) {
                fates[child] = Fate::cancelled;
                open.push_back(child);
            }
        }
    }
    for (const Graph& graph : workload.graphs) {
        if (!depth_of(workload, graph)) {
            std::fill_n(fates.begin() + static_cast<std::ptrdiff_t>(graph.first), graph.jobs,
                        Fate::refused);
        }
    }
    return fates;
}

std::size_t count_fates(const Workload& workload, Fate fate) {
    return static_cast<std::size_t>(std::ranges::count(expected_fates(workload), fate));
}

Micros service_time(const Work& work, double speed) {
    // The usual order of magnitude: reading is cheap, each token written costs a pass of the model.
    constexpr Micros per_context_token{100};
    constexpr Micros per_generated_token{20'000};
    return sped_up(per_context_token * work.context_tokens +
                       per_generated_token * work.generated_tokens + work.runtime,
                   speed);
}

Micros arrival_span(const Workload& workload, double speed) {
    Micros last{};
    for (const Job& job : workload.jobs) {
        last = std::max(last, job.arrival);
    }
    return sped_up(last, speed);
}

Micros total_service(const Workload& workload, double speed) {
    Micros total{};
    for (const Job& job : workload.jobs) {
        const int attempts = 1 + (job.poison ? poison_retries : job.fail_first);
        total += attempts * service_time(job, speed);
    }
    return total;
}

}  // namespace replay
