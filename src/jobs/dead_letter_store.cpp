#include "jobs/dead_letter_store.hpp"

#include "jobs/dependents_store.hpp"
#include "jobs/inheritance_store.hpp"
#include "jobs/publish_store.hpp"

namespace ideamine::jobs {

namespace {

// A letter is of use as long as there is its job, which retention keeps for that. One on which
// workers vote may have died before its votes could be cast, when some were cancelled: it is left
// until what they wait for has ended.
constinit pg::Statement take_letters{
    "DELETE FROM ideamine.dead_letter_queue WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.dead_letter_queue l"
    "  WHERE tenant_id = $1 AND ($2::uuid[] IS NULL OR job_id = ANY ($2))"
    "   AND ($3::text IS NULL OR job_type = $3) AND ($4::text IS NULL OR queue = $4)"
    "   AND ($5::text IS NULL OR priority_class = $5::ideamine.priority_class)"
    "   AND ($6::timestamptz IS NULL OR died_at >= $6)"
    "   AND ($7::timestamptz IS NULL OR died_at < $7)"
    "   AND EXISTS (SELECT FROM (SELECT job_id, tenant_id, quorum FROM ideamine.jobs"
    "     WHERE job_id = l.job_id AND tenant_id = l.tenant_id AND status = 'failed' OFFSET 0) AS j"
    "    WHERE j.quorum IS NULL OR NOT EXISTS ("
    "     SELECT FROM (SELECT job_id FROM ideamine.jobs"
    "       WHERE quorum_of = j.job_id AND tenant_id = j.tenant_id OFFSET 0) AS v"
    "     CROSS JOIN LATERAL (SELECT depends_on, on_failure FROM ideamine.job_dependencies"
    "       WHERE job_id = v.job_id AND tenant_id = j.tenant_id OFFSET 0) AS d"
    "     CROSS JOIN LATERAL (SELECT status FROM ideamine.$[1.2 v_jobs$| jobs$]"
    "       WHERE job_id = d.depends_on AND tenant_id = j.tenant_id OFFSET 0) AS p"
    "     WHERE p.status <> 'completed'"
    "      AND NOT (p.status IN ('failed', 'cancelled') AND d.on_failure = 'run')))"
    "  ORDER BY died_at, job_id LIMIT $8 FOR UPDATE SKIP LOCKED))"
    " RETURNING job_id"};

// A job on which workers vote begins with its votes.
constinit pg::Statement revive{
    "UPDATE ideamine.jobs j SET attempt = 0, run_at = $3, finished_at = NULL,"
    "  status = CASE WHEN j.quorum IS NULL THEN 'pending'::ideamine.job_status ELSE 'blocked' END,"
    "  ready_at = CASE WHEN j.quorum IS NULL THEN $3 END,"
    "  open_dependencies = coalesce(j.quorum, 0)"
    " WHERE j.tenant_id = $1 AND j.job_id = ANY ($2) AND j.status = 'failed'"
    " RETURNING j.job_id, " IDEAMINE_READY("j")};

// An attempt that completed a vote stood in its row until now.
constinit pg::Statement record_votes{
    "INSERT INTO ideamine.ended_attempts"
    "  (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome)"
    " SELECT v.tenant_id, v.job_id, v.epoch, v.attempt, v.worker_id, v.started_at, v.finished_at,"
    "  'completed' FROM unnest($2::uuid[]) AS n (job_id)"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "  WHERE quorum_of = n.job_id AND tenant_id = $1 AND status = 'completed' OFFSET 0) AS v"};

constinit pg::Statement revive_votes{
    "UPDATE ideamine.jobs j SET status = 'pending', attempt = 0, run_at = $3, ready_at = $3,"
    "  open_dependencies = 0, finished_at = NULL, worker_id = NULL, result = NULL, cancel_reason = "
    "NULL"
    " WHERE ctid = ANY (ARRAY("
    "  SELECT v.ctid FROM unnest($2::uuid[]) AS n (job_id)"
    "  CROSS JOIN LATERAL (SELECT ctid FROM ideamine.jobs"
    "   WHERE quorum_of = n.job_id AND tenant_id = $1 OFFSET 0) AS v))"
    " RETURNING " IDEAMINE_READY("j")};

}  // namespace

void retry_dead_letters(const std::string& tenant, const DeadLetterFilter& filter,
                        pg::Returned& returned) {
    std::vector<Uuid> jobs;
    for (const pg::Row row : take_letters.execute(
             tenant, filter.jobs, filter.job_type, filter.queue, filter.priority_class,
             filter.died_after, filter.died_before, std::int64_t{filter.limit})) {
        jobs.push_back(row.get<Uuid>(0));
    }
    if (jobs.empty()) {
        return;
    }
    const auto now = pg::now();
    const auto revived = revive.execute(tenant, jobs, now);
    JobRefs again;
    for (const pg::Row row : revived) {
        again.add(tenant, row.get<Uuid>(0));
    }
    wait_again(again);
    record_votes.execute(tenant, again.jobs);
    publish_ready(revived, 1);
    publish_ready(revive_votes.execute(tenant, again.jobs, now));
    pass_on_classes(again, Reach::and_beyond);
    returned.add(revived);
}

}  // namespace ideamine::jobs
