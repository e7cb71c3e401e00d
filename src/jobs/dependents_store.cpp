#include "jobs/dependents_store.hpp"

namespace ideamine::jobs {

namespace {

// Counted per dependent first, so that a wide fan-in is one update of its row per call. The order keeps
// concurrent callers from locking two dependents the other way round.
constinit pg::Statement count_down{
    "WITH closed AS MATERIALIZED ("
    "  SELECT d.tenant_id, d.job_id, count(*)::integer AS edges"
    "  FROM unnest($1::text[], $2::uuid[]) AS p (tenant_id, job_id)"
    "  JOIN ideamine.job_dependencies d ON d.depends_on = p.job_id AND d.tenant_id = p.tenant_id"
    "  GROUP BY d.job_id, d.tenant_id ORDER BY d.job_id)"
    " UPDATE ideamine.jobs j SET open_dependencies = j.open_dependencies - c.edges,"
    "  status = CASE WHEN j.open_dependencies = c.edges THEN 'pending'::ideamine.job_status"
    "           ELSE j.status END,"
    "  ready_at = CASE WHEN j.open_dependencies = c.edges AND j.run_at <= $3 THEN $3 END"
    " FROM closed c"
    " WHERE j.job_id = c.job_id AND j.tenant_id = c.tenant_id AND j.status = 'blocked'"
    " RETURNING j.ready_at IS NOT NULL"};

// `target` locks the newest version of each row and says what it was before.
#define IDEAMINE_CANCEL_TARGETS                                                                        \
    ", cancelled AS ("                                                                                 \
    "  UPDATE ideamine.jobs j SET status = 'cancelled', cancel_reason = $3, finished_at = $4,"         \
    "   ready_at = NULL"                                                                               \
    "  FROM target t WHERE j.job_id = t.job_id AND j.tenant_id = t.tenant_id"                          \
    "  RETURNING j.tenant_id, j.job_id, j.epoch, j.attempt, j.worker_id, j.started_at, t.was_running),"\
    " recorded AS ("                                                                                   \
    "  INSERT INTO ideamine.job_executions"                                                            \
    "   (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome)"                 \
    "  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, $4, 'cancelled'"               \
    "  FROM cancelled WHERE was_running),"                                                             \
    " told AS ("                                                                                       \
    "  INSERT INTO ideamine_internal.stop_notices"                                                     \
    "   (worker_id, tenant_id, job_id, epoch, reason, made_at)"                                        \
    "  SELECT worker_id, tenant_id, job_id, epoch, 'cancelled', $4 FROM cancelled WHERE was_running)"  \
    " SELECT tenant_id, job_id FROM cancelled"

constinit pg::Statement cancel_listed{
    "WITH target AS MATERIALIZED ("
    "  SELECT j.job_id, j.tenant_id, j.status = 'running' AS was_running"
    "  FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    "  JOIN ideamine.jobs j ON j.job_id = n.job_id AND j.tenant_id = n.tenant_id"
    "  WHERE j.status NOT IN ('completed', 'failed', 'cancelled')"
    "  ORDER BY j.job_id FOR NO KEY UPDATE OF j)" IDEAMINE_CANCEL_TARGETS};

constinit pg::Statement cancel_waiting{
    "WITH target AS MATERIALIZED ("
    "  SELECT j.job_id, j.tenant_id, false AS was_running FROM ideamine.jobs j"
    "  WHERE (j.job_id, j.tenant_id) IN ("
    "    SELECT d.job_id, d.tenant_id FROM unnest($1::text[], $2::uuid[]) AS p (tenant_id, job_id)"
    "    JOIN ideamine.job_dependencies d ON d.depends_on = p.job_id AND d.tenant_id = p.tenant_id)"
    "   AND j.status = 'blocked'"
    "  ORDER BY j.job_id FOR NO KEY UPDATE OF j)" IDEAMINE_CANCEL_TARGETS};

JobRefs taken_from(const pg::Rows& rows) {
    JobRefs jobs;
    for (const pg::Row row : rows) {
        jobs.add(row.get<std::string>(0), row.get<Uuid>(1));
    }
    return jobs;
}

}  // namespace

std::int64_t unblock_dependents(const JobRefs& completed) {
    if (completed.empty()) {
        return 0;
    }
    std::int64_t runnable = 0;
    for (const pg::Row row : count_down.execute(completed.tenants, completed.jobs, pg::now())) {
        runnable += row.get<bool>(0) ? 1 : 0;
    }
    return runnable;
}

JobRefs cancel(const JobRefs& jobs, const std::optional<std::string>& reason) {
    return taken_from(cancel_listed.execute(jobs.tenants, jobs.jobs, reason, pg::now()));
}

std::int64_t cancel_dependents(const JobRefs& ended, const std::string& reason) {
    std::int64_t count = 0;
    // Level by level, each with a new snapshot: a job that was made to wait for one of this level while we
    // waited for its lock is seen on the next.
    JobRefs level = ended;
    while (!level.empty()) {
        pg::check_interrupts();
        level = taken_from(
            cancel_waiting.execute(level.tenants, level.jobs, std::optional{reason}, pg::now()));
        count += static_cast<std::int64_t>(level.jobs.size());
    }
    return count;
}

}  // namespace ideamine::jobs
