// Votes on quorum jobs, and what becomes of those who are outvoted.
#pragma once

#include "jobs/dependents_store.hpp"

namespace ideamine::jobs {

// Votes on these jobs have ended: those that are decided are completed or have failed, and what is
// left of their votes is cancelled. Workers who were outvoted are counted; see jobs_settings.hpp.
struct Decided {
    JobRefs completed;
    JobRefs failed;
    Cancelled cancelled;
};
Decided decide_votes(const JobRefs& jobs);

}  // namespace ideamine::jobs
