#include "replay/workload.hpp"

#include <algorithm>

namespace replay {

namespace {

Micros sped_up(Micros time, double speed) {
    return Micros{static_cast<std::int64_t>(static_cast<double>(time.count()) / speed)};
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
    }
    return "unknown";
}

std::vector<Fate> expected_fates(const Workload& workload) {
    std::vector<Fate> fates;
    fates.reserve(workload.jobs.size());
    for (const Job& job : workload.jobs) {
        const bool doomed = std::ranges::any_of(
            job.parents, [&](std::size_t parent) { return fates[parent] != Fate::completed; });
        if (doomed) {
            fates.push_back(Fate::cancelled);
        } else {
            fates.push_back(job.poison ? Fate::dead : Fate::completed);
        }
    }
    return fates;
}

Micros service_time(std::int64_t context_tokens, std::int64_t generated_tokens, double speed) {
    // The usual order of magnitude: reading is cheap, each token written costs a pass of the model.
    constexpr Micros per_context_token{100};
    constexpr Micros per_generated_token{20'000};
    return sped_up(per_context_token * context_tokens + per_generated_token * generated_tokens,
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
        total += attempts * service_time(job.context_tokens, job.generated_tokens, speed);
    }
    return total;
}

}  // namespace replay
