// Who gave way in a scene, for whom, and how that ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/batches.hpp"
#include "replay/checks.hpp"

namespace replay {

// A row of preemption_history. Times are microseconds since 1970.
struct Preemption {
    Lease lease;  // that ended
    std::string priority_class;
    std::optional<std::string> beneficiary;
    std::string reason;
    std::int64_t asked_us = 0;
    std::optional<std::int64_t> preempted_us;
    std::optional<std::int64_t> resumed_us;
};

// What was in use of a resource at one look.
struct Usage {
    std::string resource;
    double used = 0;
    double capacity = 0;
    std::string source;  // the counters, or the needs of the jobs that were running
};

struct ClassRow {
    std::string priority_class;
    std::size_t jobs = 0;
    std::size_t gave_way = 0;   // jobs
    std::size_t times = 0;      // all of them together
    std::size_t most = 0;       // one of them
    std::size_t for_p0 = 0;     // times
    std::size_t for_p1 = 0;     // times
    std::size_t came_back = 0;  // times
    std::size_t refused = 0;    // jobs that did not get room when a worker asked for work
    double refused_p50_s = 0;   // from then to their start
    double refused_most_s = 0;
};

std::vector<ClassRow> summarize_giving_way(const Evidence& evidence,
                                           const std::vector<Preemption>& preemptions,
                                           const Plan& plan);

Check check_p0_stays(const Evidence& evidence, const std::vector<Preemption>& preemptions);
Check check_somebody_gave_way(const std::vector<Preemption>& preemptions);
Check check_capacity(const std::vector<Usage>& looks);
Check check_beneficiaries(const Evidence& evidence, const std::vector<Preemption>& preemptions);
Check check_came_back(const Evidence& evidence, const std::vector<Preemption>& preemptions);

}  // namespace replay
