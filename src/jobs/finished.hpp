// Which jobs nobody needs any more among those that may still run.
#pragma once

namespace ideamine::jobs {

// Those of j that ended before $1. A job with a dead letter, a failure that others wait out, and a
// vote on what is not decided yet, or may be again, are still needed.
#define IDEAMINE_FINISHED_BEFORE_1                                                       \
    " j.status IN ('completed', 'failed', 'cancelled') AND j.finished_at < $1"           \
    " AND NOT (j.status = 'failed' AND EXISTS (SELECT FROM ideamine.dead_letter_queue l" \
    "   WHERE l.job_id = j.job_id AND l.tenant_id = j.tenant_id OFFSET 0))"              \
    " $[1.1 AND NOT (j.status <> 'completed' AND j.dependents > 0 AND EXISTS ("          \
    "   SELECT FROM (SELECT job_id FROM ideamine.job_dependencies"                       \
    "     WHERE depends_on = j.job_id AND tenant_id = j.tenant_id OFFSET 0) AS d"        \
    "   CROSS JOIN LATERAL (SELECT status FROM ideamine.jobs"                            \
    "     WHERE job_id = d.job_id AND tenant_id = j.tenant_id OFFSET 0) AS w"            \
    "   WHERE w.status = 'blocked'))"                                                    \
    "  AND NOT (j.quorum_of IS NOT NULL AND EXISTS (SELECT FROM ideamine.jobs q"         \
    "   WHERE q.job_id = j.quorum_of AND q.tenant_id = j.tenant_id"                      \
    "    AND q.status IN ('blocked', 'failed') OFFSET 0))$]"

}  // namespace ideamine::jobs
