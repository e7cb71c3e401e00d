#include "jobs/dependents_store.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// Counted per dependent first, so that a wide fan-in is one update of its row per call, and locked
// in one order, so that concurrent callers cannot lock two dependents the other way round.
constinit pg::Statement lock_waiting{
    "SELECT j.ctid, j.open_dependencies - c.edges, j.run_at <= $3"
    " FROM (SELECT d.tenant_id, d.job_id, count(*)::integer AS edges"
    "       FROM unnest($1::text[], $2::uuid[]) AS p (tenant_id, job_id)"
    "       CROSS JOIN LATERAL ("
    "        SELECT tenant_id, job_id FROM ideamine.job_dependencies"
    "        WHERE depends_on = p.job_id AND tenant_id = p.tenant_id OFFSET 0) AS d"
    "       GROUP BY d.job_id, d.tenant_id ORDER BY d.job_id) AS c"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, open_dependencies, run_at FROM ideamine.jobs"
    "  WHERE job_id = c.job_id AND tenant_id = c.tenant_id AND status = 'blocked'"
    "  FOR NO KEY UPDATE) AS j"};

constinit pg::Statement count_down{
    "UPDATE ideamine.jobs j SET open_dependencies = c.left_open,"
    "  status = CASE WHEN c.left_open = 0 THEN 'pending'::ideamine.job_status ELSE j.status END,"
    "  ready_at = CASE WHEN c.left_open = 0 AND c.due THEN $4 END"
    " FROM unnest($1::tid[], $2::integer[], $3::boolean[]) AS c (tid, left_open, due)"
    " WHERE j.ctid = c.tid",
    Kind::writes_by_tid};

constinit pg::Statement lock_listed{
    "SELECT j.ctid, j.running"
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, status = 'running' AS running FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id"
    "   AND status NOT IN ('completed', 'failed', 'cancelled')"
    "  FOR NO KEY UPDATE) AS j"};

constinit pg::Statement lock_dependents{
    "SELECT j.ctid, false"
    " FROM (SELECT DISTINCT d.tenant_id, d.job_id"
    "       FROM unnest($1::text[], $2::uuid[]) AS p (tenant_id, job_id)"
    "       CROSS JOIN LATERAL ("
    "        SELECT tenant_id, job_id FROM ideamine.job_dependencies"
    "        WHERE depends_on = p.job_id AND tenant_id = p.tenant_id OFFSET 0) AS d"
    "       ORDER BY d.job_id) AS c"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid FROM ideamine.jobs"
    "  WHERE job_id = c.job_id AND tenant_id = c.tenant_id AND status = 'blocked'"
    "  FOR NO KEY UPDATE) AS j"};

constinit pg::Statement cancel_locked{
    "WITH cancelled AS ("
    "  UPDATE ideamine.jobs j SET status = 'cancelled', cancel_reason = $3, finished_at = $4,"
    "   ready_at = NULL"
    "  FROM unnest($1::tid[], $2::boolean[]) AS c (tid, was_running) WHERE j.ctid = c.tid"
    "  RETURNING j.tenant_id, j.job_id, j.epoch, j.attempt, j.worker_id, j.started_at, "
    "c.was_running),"
    " recorded AS ("
    "  INSERT INTO ideamine.ended_attempts"
    "   (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome)"
    "  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, $4, 'cancelled'"
    "  FROM cancelled WHERE was_running),"
    " told AS ("
    "  INSERT INTO ideamine_internal.stop_notices"
    "   (worker_id, tenant_id, job_id, epoch, reason, made_at)"
    "  SELECT worker_id, tenant_id, job_id, epoch, 'cancelled', $4 FROM cancelled WHERE "
    "was_running)"
    " SELECT tenant_id, job_id FROM cancelled",
    Kind::writes_by_tid};

// The jobs that a locking statement returned: where each stands, and whether it was running.
JobRefs cancel_rows(const pg::Rows& rows, const std::optional<std::string>& reason) {
    std::vector<pg::Tid> tids;
    std::vector<bool> running;
    for (const pg::Row row : rows) {
        tids.push_back(row.get<pg::Tid>(0));
        running.push_back(row.get<bool>(1));
    }
    JobRefs cancelled;
    if (tids.empty()) {
        return cancelled;
    }
    for (const pg::Row row : cancel_locked.execute(tids, running, reason, pg::now())) {
        cancelled.add(row.get<std::string>(0), row.get<Uuid>(1));
    }
    return cancelled;
}

}  // namespace

std::int64_t unblock_dependents(const JobRefs& completed) {
    if (completed.empty()) {
        return 0;
    }
    const auto now = pg::now();
    std::int64_t runnable = 0;
    std::vector<pg::Tid> tids;
    std::vector<std::int32_t> left_open;
    std::vector<bool> due;
    for (const pg::Row row : lock_waiting.execute(completed.tenants, completed.jobs, now)) {
        tids.push_back(row.get<pg::Tid>(0));
        left_open.push_back(row.get<std::int32_t>(1));
        due.push_back(row.get<bool>(2));
        runnable += left_open.back() == 0 && due.back() ? 1 : 0;
    }
    if (!tids.empty()) {
        count_down.execute(tids, left_open, due, now);
    }
    return runnable;
}

JobRefs cancel(const JobRefs& jobs, const std::optional<std::string>& reason) {
    return cancel_rows(lock_listed.execute(jobs.tenants, jobs.jobs), reason);
}

std::int64_t cancel_dependents(const JobRefs& ended, const std::string& reason) {
    std::int64_t count = 0;
    // Level by level, each with a new snapshot: a job that was made to wait for one of this level
    // while we waited for its lock is seen on the next.
    JobRefs level = ended;
    while (!level.empty()) {
        pg::check_interrupts();
        level = cancel_rows(lock_dependents.execute(level.tenants, level.jobs), reason);
        count += static_cast<std::int64_t>(level.jobs.size());
    }
    return count;
}

}  // namespace ideamine::jobs
