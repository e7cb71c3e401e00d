// What came back from the database when the run was over. Times are microseconds since 1970.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/task.hpp"

namespace replay {

struct Attempt {
    std::int64_t epoch = 0;
    std::string outcome;
    std::int64_t started_us = 0;
    std::int64_t ended_us = 0;
};

struct JobFact {
    std::string id;
    std::string tenant;  // as in Workload::tenants
    std::string status;
    bool dead_letter = false;
    std::int64_t created_us = 0;
    std::optional<std::int64_t> finished_us;
    Task task;                          // from its payload
    std::optional<std::string> result;  // as JSON text
    std::vector<Attempt> attempts;      // by epoch

    bool completed() const { return status == "completed"; }
};

using Facts = std::vector<JobFact>;

// By position in Workload::jobs; null where the job is missing. Where a job is there twice, the
// first counts: a check of its own reports the second.
std::vector<const JobFact*> by_index(const Facts& facts, std::size_t jobs);

}  // namespace replay
