// How a statement finds jobs that are running, which no index knows.
#pragma once

namespace ideamine::dispatch {

// As j: those of a worker, or of all if there is no argument. The statement asks for the status
// itself, because an older catalogue answers with all jobs, by an index on those that run.
#define IDEAMINE_RUNNING(worker)                                                             \
    "$[1.2 ideamine_internal.running_jobs(" worker                                           \
    ") AS running (id) CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"                      \
    " WHERE job_id = running.id AND status::text = 'running' OFFSET 0) AS j$| ideamine.jobs" \
    " AS j$]"

}  // namespace ideamine::dispatch
