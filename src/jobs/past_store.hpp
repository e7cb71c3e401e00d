// Looking at jobs that have ended so long ago that they are in history.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/job_refs.hpp"

namespace ideamine::jobs {

// Of the catalogue; before it there is no history.
inline constexpr Version history_since{1, 2};

// What history has of jobs that are not found in ideamine.jobs. Both inside a pg::Spi.
struct PastJob {
    std::string tenant;
    Uuid job;
    std::string status;
    std::int64_t epoch;
    std::optional<Uuid> quorum_of;
};
std::vector<PastJob> find_past_jobs(const JobRefs& jobs);
// Throws ID404.
PastJob require_past_job(const std::string& tenant, const Uuid& job);

}  // namespace ideamine::jobs
