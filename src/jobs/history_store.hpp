// Jobs that have ended and left the table in which jobs wait and run.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/job_refs.hpp"

namespace ideamine::jobs {

// Of the catalogue; before it there is none.
inline constexpr Version history_since{1, 2};

// One pass over ideamine.jobs, of which the next one of this session goes on behind it: moves those
// that ended before `before` and nobody needs there. Returns how many; `full_pass` or more mean
// that there may be more right behind. All of these inside a pg::Spi, the first two as the owner.
std::int64_t move_to_history(Time before);
inline constexpr std::int64_t full_pass = 10'000;

// Drops the days of history that were over before `before`. Returns how many.
std::int64_t drop_old_history(Time before);

// What history has of jobs that are not found in ideamine.jobs.
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
