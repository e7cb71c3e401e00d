#include "jobs/history_store.hpp"

#include <set>

#include "ideamine/pg/day_partitions.hpp"
#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/transaction_end.hpp"
#include "jobs/attempts.hpp"
#include "jobs/finished.hpp"
#include "jobs/read_store.hpp"

namespace ideamine::jobs {

namespace {

constexpr pg::DayPartitions history{"job_history"};

constexpr int stretches_of_a_pass = 10;

// No index knows what has ended, so that completing a job changes none: jobs are walked by in the
// order of their ids, a stretch of full_pass of them at a time.
constinit pg::Statement find_end{
    "SELECT job_id FROM ideamine.jobs WHERE job_id >= $1 AND job_id < $2"
    " ORDER BY job_id OFFSET 10000 LIMIT 1"};

// Whoever makes a job wait for one of these has it locked, perhaps for long.
constinit pg::Statement lock_finished{
    "SELECT tenant_id, job_id, finished_at FROM ideamine.jobs j"
    " WHERE job_id >= $2 AND job_id < $3 AND" IDEAMINE_FINISHED_BEFORE_1
    " ORDER BY job_id FOR UPDATE SKIP LOCKED"};

// Whether there is anything to look for job by job.
constinit pg::Statement find_more{
    "SELECT EXISTS (SELECT FROM ideamine.ended_attempts WHERE job_id >= $1 AND job_id < $2),"
    " EXISTS (SELECT FROM ideamine.job_dependencies WHERE job_id >= $1 AND job_id < $2)"};

constinit pg::Statement move_locked{
    "WITH gone AS ("
    "  DELETE FROM ideamine.jobs j USING unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    "  WHERE j.job_id = n.job_id AND j.tenant_id = n.tenant_id RETURNING j.*)"
    " INSERT INTO ideamine.job_history (job_id, run_at, created_at, finished_at, ready_at,"
    "  started_at, epoch, status, priority_class, attempt, open_dependencies, dependents,"
    "  tenant_id, required_capabilities, job_type, queue, payload, result, worker_id, lease,"
    "  timeout, max_retries, retry_base, retry_factor, retry_cap, run_id, project_id, phase,"
    "  checkpoint, last_error, cancel_reason, concurrency_key, concurrency_limit, context, quorum,"
    "  quorum_of, needs, ended_attempts, depends_on)"
    " SELECT job_id, run_at, created_at, finished_at, ready_at,"
    "  started_at, epoch, status, priority_class, attempt, open_dependencies, dependents,"
    "  tenant_id, required_capabilities, job_type, queue, payload, result, worker_id, lease,"
    "  timeout, max_retries, retry_base, retry_factor, retry_cap, run_id, project_id, phase,"
    "  checkpoint, last_error, cancel_reason, concurrency_key, concurrency_limit, context, quorum,"
    "  quorum_of, needs, CASE WHEN $3 THEN " IDEAMINE_ENDED_ATTEMPTS("g") " END,"
    "  CASE WHEN $4 THEN"
    "   (SELECT array_agg(d.depends_on ORDER BY d.depends_on) FROM ideamine.job_dependencies d"
    "    WHERE d.job_id = g.job_id AND d.tenant_id = g.tenant_id) END"
    " FROM gone g"};

constinit pg::Statement delete_attempts{
    "DELETE FROM ideamine.ended_attempts e WHERE job_id >= $1 AND job_id < $2"
    " AND NOT EXISTS (SELECT FROM ideamine.jobs j"
    "  WHERE j.job_id = e.job_id AND j.tenant_id = e.tenant_id OFFSET 0)"};

constinit pg::Statement delete_edges{
    "DELETE FROM ideamine.job_dependencies d WHERE job_id >= $1 AND job_id < $2"
    " AND NOT EXISTS (SELECT FROM ideamine.jobs j"
    "  WHERE j.job_id = d.job_id AND j.tenant_id = d.tenant_id OFFSET 0)"};

constinit pg::Statement find_first_left{
    "SELECT job_id FROM ideamine.jobs WHERE job_id >= $1 AND job_id < $2 ORDER BY job_id LIMIT 1"};

constinit pg::Statement find_past{
    "SELECT h.tenant_id, h.job_id, h.status::text, h.epoch, h.quorum_of"
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.job_history"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id OFFSET 0) AS h"};

// How far the passes of this session have come.
struct Walk {
    Uuid next;
    // Where the first job stands that was left, and the next walk begins: the entries of those that
    // were moved stay in the index as long as any snapshot may see them.
    std::optional<Uuid> first_left;
    int walks = 0;
};
constinit Walk walk;

// What was moved by a transaction that is rolled back has to be met again.
void watch_for_rollback() {
    static bool watching = false;
    if (!watching) {
        pg::at_transaction_events(pg::AtEnd::wake, [](pg::TransactionEvent event) {
            if (pg::has_ended(event) && event != pg::TransactionEvent::committed) {
                walk = {};
            }
        });
        pg::at_subtransaction_end([](bool committed, SubTransactionId, SubTransactionId) {
            if (!committed) {
                walk = {};
            }
        });
        watching = true;
    }
}

std::int64_t move_between(const Uuid& from, const Uuid& to, Time before) {
    JobRefs finished;
    std::set<pg::Day> days;
    for (const pg::Row row : lock_finished.execute(before, from, to)) {
        finished.add(row.get<std::string>(0), row.get<Uuid>(1));
        days.insert(pg::day_of(row.get<Time>(2)));
    }
    if (finished.empty()) {
        return 0;
    }
    for (const auto day : days) {
        history.ensure(day);
    }
    const auto more = find_more.execute(from, to)[0];
    const auto has_attempts = more.get<bool>(0);
    const auto has_edges = more.get<bool>(1);
    move_locked.execute(finished.tenants, finished.jobs, has_attempts, has_edges);
    pg::fault_point("history.moved");
    if (has_attempts) {
        delete_attempts.execute(from, to);
    }
    if (has_edges) {
        delete_edges.execute(from, to);
    }
    return static_cast<std::int64_t>(finished.jobs.size());
}

// A transaction that is under way may come to put a job before the first one left: one that goes on
// longer than this has to wait for a walk from the very first.
constexpr Duration usual_transaction = std::chrono::minutes{10};
constexpr int walks_from_the_first = 60;

void begin_anew(const Uuid& end) {
    const auto first_left = std::exchange(walk.first_left, {}).value_or(end);
    walk.walks = (walk.walks + 1) % walks_from_the_first;
    walk.next = walk.walks == 0
                    ? Uuid{}
                    : std::min(first_left, first_uuid_at(pg::now() - usual_transaction));
}

// False: that was the last one.
bool move_stretch(Time before, std::int64_t& moved) {
    const auto last = first_uuid_at(before);
    const auto ends = find_end.execute(walk.next, last);
    const auto to = ends.empty() ? last : ends[0].get<Uuid>(0);
    moved += move_between(walk.next, to, before);
    if (!walk.first_left) {
        if (const auto left = find_first_left.execute(walk.next, to); !left.empty()) {
            walk.first_left = left[0].get<Uuid>(0);
        }
    }
    if (ends.empty()) {
        begin_anew(to);
        return false;
    }
    walk.next = to;
    return true;
}

}  // namespace

std::int64_t move_to_history(Time before) {
    pg::require_version(history_since, "history");
    watch_for_rollback();
    std::int64_t moved = 0;
    for (int i = 0; i < stretches_of_a_pass && moved < full_pass; ++i) {
        pg::check_interrupts();
        if (!move_stretch(before, moved)) {
            break;
        }
    }
    return moved;
}

std::int64_t drop_old_history(Time before) {
    std::int64_t count = 0;
    for (const auto day : history.days()) {
        const Time end = day + std::chrono::days{1};
        count += end <= before && history.drop(day) ? 1 : 0;
    }
    return count;
}

PastJob require_past_job(const std::string& tenant, const Uuid& job) {
    JobRefs one;
    one.add(tenant, job);
    auto past = find_past_jobs(one);
    if (past.empty()) {
        throw_unknown_job(tenant, job);
    }
    return std::move(past.front());
}

std::vector<PastJob> find_past_jobs(const JobRefs& jobs) {
    std::vector<PastJob> past;
    if (jobs.empty() || pg::installed_version() < history_since) {
        return past;
    }
    for (const pg::Row row : find_past.execute(jobs.tenants, jobs.jobs)) {
        past.push_back({.tenant = row.get<std::string>(0),
                        .job = row.get<Uuid>(1),
                        .status = row.get<std::string>(2),
                        .epoch = row.get<std::int64_t>(3),
                        .quorum_of = row.optional<Uuid>(4)});
    }
    return past;
}

}  // namespace ideamine::jobs
