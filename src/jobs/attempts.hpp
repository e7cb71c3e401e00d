// Attempts of a row of jobs or job_history, as get_job(), dead letters and history give them: an
// array of objects with epoch, attempt, worker_id, started_at, ended_at, outcome and error.
#pragma once

namespace ideamine::jobs {

// Those that ended without completing the job, oldest first; NULL if there are none.
#define IDEAMINE_ENDED_ATTEMPTS(job)                                                 \
    "(SELECT jsonb_agg(to_jsonb(e) - '{tenant_id,job_id}'::text[] ORDER BY e.epoch)" \
    " FROM ideamine.ended_attempts e"                                                \
    " WHERE e.job_id = " job ".job_id AND e.tenant_id = " job ".tenant_id)"

// The same of a row of job_history, with times in the reader's time zone.
#define IDEAMINE_PAST_ATTEMPTS(job)                         \
    "(SELECT jsonb_agg(to_jsonb(e) ORDER BY e.epoch)"       \
    " FROM jsonb_to_recordset(" job                         \
    ".ended_attempts) AS e (epoch bigint, attempt integer," \
    "  worker_id uuid, started_at timestamptz, ended_at timestamptz, outcome text, error text))"

// The one that completed it, after those, in an array that may be empty.
#define IDEAMINE_COMPLETION(job)                                                                   \
    "CASE WHEN " job ".status = 'completed' $[1.1 AND " job                                        \
    ".quorum IS NULL$]"                                                                            \
    " THEN jsonb_build_array(jsonb_build_object('epoch', " job ".epoch, 'attempt', " job           \
    ".attempt, 'worker_id', " job ".worker_id, 'started_at', " job ".started_at, 'ended_at', " job \
    ".finished_at, 'outcome', 'completed', 'error', NULL)) ELSE '[]' END"

}  // namespace ideamine::jobs
