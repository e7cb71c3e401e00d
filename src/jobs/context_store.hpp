// What a job is told of the jobs that it waited for.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/job_refs.hpp"

namespace ideamine::jobs {

// Writes into the context of these jobs which of the jobs that they waited for have failed or were
// cancelled, where they run all the same. Inside a pg::Spi.
void note_failures_in_context(const JobRefs& jobs);
// The same of jobs that are new, some of which depend on jobs in history.
void note_past_failures_in_context(const JobRefs& jobs);

}  // namespace ideamine::jobs
