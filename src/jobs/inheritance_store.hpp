// Priority inheritance among jobs that exist: what a job waits for is served as its class, as long
// as it waits.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/job_refs.hpp"

namespace ideamine::jobs {

enum class Reach {
    of_changed,  // to what those wait for whose class changes
    and_beyond,  // also to what these themselves wait for: their own class, or their waiting,
                 // changed
};

// Judges anew what these jobs inherit, and so on upwards. Waits for nobody: a job that somebody has
// locked is left to sweep_classes(). Returns how many are served as another class. Inside a
// pg::Spi, after all that is to count has been written; with an older catalogue it does nothing.
std::int64_t pass_on_classes(const JobRefs& jobs, Reach reach);

// These jobs do not wait any more: what they waited for may have inherited from them.
void withdraw_classes(const JobRefs& jobs);

// The same for all jobs of which it is not right, up to 10,000.
std::int64_t sweep_classes();

}  // namespace ideamine::jobs
