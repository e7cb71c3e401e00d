#include "jobs/dependents_store.hpp"

#include "jobs/context_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/stop_notices_store.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// Rows are found by their ids: compared as text, the status offers the planner no other index,
// which would list all blocked jobs of a tenant for each of them. Blocked with a ready_at are jobs
// that wait for their concurrency key, and for no job any more.

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
    "  WHERE job_id = c.job_id AND tenant_id = c.tenant_id AND status::text = 'blocked'"
    "   AND ready_at IS NULL"
    "  FOR NO KEY UPDATE) AS j"};

constinit pg::Statement count_down{
    "UPDATE ideamine.jobs j SET open_dependencies = c.left_open,"
    "  status = CASE WHEN c.left_open = 0 THEN 'pending'::ideamine.job_status ELSE j.status END,"
    "  ready_at = CASE WHEN c.left_open = 0 AND c.due THEN $4 END"
    " FROM unnest($1::tid[], $2::integer[], $3::boolean[]) AS c (tid, left_open, due)"
    " WHERE j.ctid = c.tid"
    " RETURNING " IDEAMINE_READY("j"),
    Kind::writes_by_tid};

constinit pg::Statement lock_listed{
    "SELECT j.ctid, j.running"
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, status = 'running' AS running FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id"
    "   AND status NOT IN ('completed', 'failed', 'cancelled')"
    "  FOR NO KEY UPDATE) AS j"};

constinit pg::Statement lock_votes{
    "SELECT j.ctid, j.running"
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, status = 'running' AS running FROM ideamine.jobs"
    "  WHERE quorum_of = n.job_id AND tenant_id = n.tenant_id"
    "   AND status NOT IN ('completed', 'failed', 'cancelled')"
    "  FOR NO KEY UPDATE SKIP LOCKED) AS j"};

// Per dependent what its edges to these jobs say; one that stays blocked is not touched.
constinit pg::Statement lock_dependents{
    "SELECT j.ctid, c.cancels, j.open_dependencies - c.runs, j.run_at <= $3, c.tenant_id, c.job_id"
    " FROM (SELECT d.tenant_id, d.job_id, bool_or(d.on_failure = 'cancel') AS cancels,"
    "        (count(*) FILTER (WHERE d.on_failure = 'run'))::integer AS runs"
    "       FROM unnest($1::text[], $2::uuid[]) AS p (tenant_id, job_id)"
    "       CROSS JOIN LATERAL ("
    "        SELECT tenant_id, job_id,"
    "         $[1.1 on_failure::text$| 'cancel'::text$] AS on_failure"
    "        FROM ideamine.job_dependencies"
    "        WHERE depends_on = p.job_id AND tenant_id = p.tenant_id OFFSET 0) AS d"
    "       WHERE d.on_failure <> 'blocked'"
    "       GROUP BY d.job_id, d.tenant_id ORDER BY d.job_id) AS c"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, open_dependencies, run_at FROM ideamine.jobs"
    "  WHERE job_id = c.job_id AND tenant_id = c.tenant_id AND status::text = 'blocked'"
    "   AND ready_at IS NULL"
    "  FOR NO KEY UPDATE) AS j"};

// Those that have not begun all the same.
constinit pg::Statement lock_told{
    "SELECT j.ctid, j.open_dependencies + c.edges, c.tenant_id, c.job_id"
    " FROM (SELECT d.tenant_id, d.job_id, count(*)::integer AS edges"
    "       FROM unnest($1::text[], $2::uuid[]) AS p (tenant_id, job_id)"
    "       CROSS JOIN LATERAL ("
    "        SELECT tenant_id, job_id FROM ideamine.job_dependencies"
    "        WHERE depends_on = p.job_id AND tenant_id = p.tenant_id AND on_failure = 'run'"
    "        OFFSET 0) AS d"
    "       GROUP BY d.job_id, d.tenant_id ORDER BY d.job_id) AS c"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, open_dependencies FROM ideamine.jobs"
    "  WHERE job_id = c.job_id AND tenant_id = c.tenant_id AND status::text = 'blocked'"
    "   AND ready_at IS NULL"
    "  FOR NO KEY UPDATE) AS j"};

constinit pg::Statement cancel_locked{
    "WITH cancelled AS ("
    "  UPDATE ideamine.jobs j SET status = 'cancelled', cancel_reason = $3, finished_at = $4,"
    "   ready_at = NULL$[1.2 , stop_by = NULL$]"
    "  FROM unnest($1::tid[], $2::boolean[]) AS c (tid, was_running) WHERE j.ctid = c.tid"
    "  RETURNING j.tenant_id, j.job_id, j.epoch, j.attempt, j.worker_id, j.started_at, "
    "   j.open_dependencies, c.was_running, " IDEAMINE_HOLDINGS("j") ","
    "   $[1.1 j.quorum IS NOT NULL AS has_quorum, j.quorum_of"
    "   $| false AS has_quorum, NULL::uuid AS quorum_of$]),"
    " recorded AS ("
    "  INSERT INTO ideamine.ended_attempts"
    "   (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome)"
    "  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, $4, 'cancelled'"
    "  FROM cancelled WHERE was_running)"
    " SELECT tenant_id, job_id, was_running, " IDEAMINE_HELD ", has_quorum, quorum_of, epoch,"
    "  worker_id, open_dependencies > 0"
    " FROM cancelled",
    Kind::writes_by_tid};

// Locked jobs that are to be cancelled: where each stands, and whether it was running.
struct Doomed {
    std::vector<pg::Tid> tids;
    std::vector<bool> running;
};

Cancelled cancel_all(const Doomed& doomed, const std::optional<std::string>& reason) {
    Cancelled cancelled;
    if (doomed.tids.empty()) {
        return cancelled;
    }
    const auto now = pg::now();
    StopNotices notices;
    for (const pg::Row row : cancel_locked.execute(doomed.tids, doomed.running, reason, now)) {
        const auto tenant = row.get<std::string>(0);
        cancelled.jobs.add(tenant, row.get<Uuid>(1));
        if (row.get<bool>(2)) {
            const auto epoch = row.get<Epoch>(5 + held_columns);
            cancelled.released.add(tenant, row.get<Uuid>(1), epoch, Released::read_holding(row, 3));
            notices.add(row.optional<Uuid>(6 + held_columns), tenant, row.get<Uuid>(1), epoch,
                        "cancelled");
        }
        if (row.get<bool>(3 + held_columns)) {
            cancelled.quorums.add(tenant, row.get<Uuid>(1));
        }
        if (const auto job = row.optional<Uuid>(4 + held_columns)) {
            cancelled.votes.add(tenant, *job);
        }
        if (row.get<bool>(7 + held_columns)) {
            cancelled.waited.add(tenant, row.get<Uuid>(1));
        }
    }
    notices.send(StopNotices::To::whoever_had_it, now);
    return cancelled;
}

// Locked dependents with some dependencies less to wait for.
struct CountedDown {
    std::vector<pg::Tid> tids;
    std::vector<std::int32_t> left_open;
    std::vector<bool> due;

    void add(const pg::Tid& tid, std::int32_t open, bool is_due) {
        tids.push_back(tid);
        left_open.push_back(open);
        due.push_back(is_due);
    }
    // Returns how many became runnable.
    std::int64_t write(Time now) const {
        return tids.empty() ? 0 : publish_ready(count_down.execute(tids, left_open, due, now));
    }
};

}  // namespace

std::int64_t unblock_dependents(const JobRefs& completed) {
    if (completed.empty()) {
        return 0;
    }
    const auto now = pg::now();
    CountedDown dependents;
    for (const pg::Row row : lock_waiting.execute(completed.tenants, completed.jobs, now)) {
        dependents.add(row.get<pg::Tid>(0), row.get<std::int32_t>(1), row.get<bool>(2));
    }
    return dependents.write(now);
}

void Cancelled::add(const Cancelled& other) {
    jobs.add(other.jobs);
    quorums.add(other.quorums);
    votes.add(other.votes);
    released.add(other.released);
    waited.add(other.waited);
}

Cancelled cancel_listed(const JobRefs& jobs, const std::optional<std::string>& reason) {
    Doomed doomed;
    for (const pg::Row row : lock_listed.execute(jobs.tenants, jobs.jobs)) {
        doomed.tids.push_back(row.get<pg::Tid>(0));
        doomed.running.push_back(row.get<bool>(1));
    }
    return cancel_all(doomed, reason);
}

Cancelled cancel_votes(const JobRefs& jobs, const std::string& reason) {
    Doomed doomed;
    if (!jobs.empty()) {
        for (const pg::Row row : lock_votes.execute(jobs.tenants, jobs.jobs)) {
            doomed.tids.push_back(row.get<pg::Tid>(0));
            doomed.running.push_back(row.get<bool>(1));
        }
    }
    return cancel_all(doomed, reason);
}

Cancelled fail_dependents(const JobRefs& ended, const std::string& reason) {
    Cancelled cancelled;
    // Level by level, each with a new snapshot: a job that was made to wait for one of this level
    // while we waited for its lock is seen on the next.
    JobRefs level = ended;
    while (!level.empty()) {
        pg::check_interrupts();
        const auto now = pg::now();
        Doomed doomed;
        CountedDown dependents;
        JobRefs informed;
        for (const pg::Row row : lock_dependents.execute(level.tenants, level.jobs, now)) {
            const auto tid = row.get<pg::Tid>(0);
            if (row.get<bool>(1)) {
                doomed.tids.push_back(tid);
                doomed.running.push_back(false);
            } else {
                dependents.add(tid, row.get<std::int32_t>(2), row.get<bool>(3));
                informed.add(row.get<std::string>(4), row.get<Uuid>(5));
            }
        }
        dependents.write(now);
        note_failures_in_context(informed);
        const auto next = cancel_all(doomed, reason);
        cancelled.add(next);
        level = next.jobs;
    }
    return cancelled;
}

void wait_again(const JobRefs& revived) {
    const auto now = pg::now();
    CountedDown dependents;
    JobRefs informed;
    for (const pg::Row row : lock_told.execute(revived.tenants, revived.jobs)) {
        dependents.add(row.get<pg::Tid>(0), row.get<std::int32_t>(1), false);
        informed.add(row.get<std::string>(2), row.get<Uuid>(3));
    }
    dependents.write(now);
    note_failures_in_context(informed);
}

}  // namespace ideamine::jobs
