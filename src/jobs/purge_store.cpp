#include "jobs/purge_store.hpp"

namespace ideamine::jobs {

namespace {

// Ids sort by creation, so that jobs old enough stand at the start of the primary key and no index
// on finished_at has to be kept up with every completion. A job with a dead letter, a failure that
// others wait out, and a vote on what is not decided yet, or may be again, are still needed.
constinit pg::Statement delete_jobs{
    "WITH old AS MATERIALIZED ("
    "  SELECT job_id, tenant_id FROM ideamine.jobs j"
    "  WHERE job_id < $2 AND status IN ('completed', 'failed', 'cancelled') AND finished_at < $1"
    "   AND NOT (status = 'failed' AND EXISTS (SELECT FROM ideamine.dead_letter_queue l"
    "     WHERE l.job_id = j.job_id AND l.tenant_id = j.tenant_id OFFSET 0))"
    "   $[1.1 AND NOT (status <> 'completed' AND dependents > 0 AND EXISTS ("
    "     SELECT FROM (SELECT job_id FROM ideamine.job_dependencies"
    "       WHERE depends_on = j.job_id AND tenant_id = j.tenant_id OFFSET 0) AS d"
    "     CROSS JOIN LATERAL (SELECT status FROM ideamine.jobs"
    "       WHERE job_id = d.job_id AND tenant_id = j.tenant_id OFFSET 0) AS w"
    "     WHERE w.status = 'blocked'))"
    "    AND NOT (quorum_of IS NOT NULL AND EXISTS (SELECT FROM ideamine.jobs q"
    "     WHERE q.job_id = j.quorum_of AND q.tenant_id = j.tenant_id"
    "      AND q.status IN ('blocked', 'failed') OFFSET 0))$]"
    "  ORDER BY job_id LIMIT 10000 FOR UPDATE SKIP LOCKED),"
    " history AS ("
    "  DELETE FROM ideamine.ended_attempts e USING old"
    "  WHERE e.job_id = old.job_id AND e.tenant_id = old.tenant_id)"
    " DELETE FROM ideamine.jobs j USING old WHERE j.job_id = old.job_id AND j.tenant_id = "
    "old.tenant_id"};

constinit pg::Statement delete_dead_letters{
    "DELETE FROM ideamine.dead_letter_queue WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.dead_letter_queue WHERE died_at < $1"
    "  ORDER BY died_at LIMIT 10000 FOR UPDATE SKIP LOCKED))"};

}  // namespace

std::int64_t purge_finished_jobs(Time before) {
    return static_cast<std::int64_t>(delete_jobs.execute(before, first_uuid_at(before)).size());
}

std::int64_t purge_dead_letters(Time before) {
    return static_cast<std::int64_t>(delete_dead_letters.execute(before).size());
}

}  // namespace ideamine::jobs
