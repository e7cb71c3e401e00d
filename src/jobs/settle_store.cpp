#include "jobs/settle_store.hpp"

#include <map>
#include <numeric>

#include "ideamine/pg/random.hpp"
#include "jobs/dependents_store.hpp"
#include "jobs/job_request.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/read_store.hpp"

namespace ideamine::jobs {

namespace {

// Rows are updated in the order of the arguments, which are sorted: everybody locks in one order.
constinit pg::Statement complete_leases{
    "WITH completed AS ("
    "  UPDATE ideamine.jobs j SET status = 'completed', result = c.result, finished_at = $5"
    "  FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::jsonb[])"
    "   AS c (tenant_id, job_id, epoch, result)"
    "  WHERE j.job_id = c.job_id AND j.tenant_id = c.tenant_id AND j.epoch = c.epoch"
    "   AND j.status = 'running'"
    "  RETURNING j.tenant_id, j.job_id, j.epoch, j.attempt, j.worker_id, j.started_at, j.dependents"
    "), recorded AS ("
    "  INSERT INTO ideamine.job_executions"
    "   (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome)"
    "  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, $5, 'completed' FROM completed)"
    " SELECT tenant_id, job_id, epoch, dependents > 0 FROM completed"};

constinit pg::Statement find_jobs{
    "SELECT j.tenant_id, j.job_id FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " JOIN ideamine.jobs j ON j.job_id = n.job_id AND j.tenant_id = n.tenant_id"};

constinit pg::Statement lock_jobs{
    "SELECT j.tenant_id, j.job_id, j.epoch, j.status = 'running', j.attempt, j.max_retries,"
    "  j.retry_base, j.retry_factor, j.retry_cap"
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " JOIN ideamine.jobs j ON j.job_id = n.job_id AND j.tenant_id = n.tenant_id"
    " ORDER BY j.job_id FOR NO KEY UPDATE OF j"};

constinit pg::Statement end_attempts{
    "WITH ended AS ("
    "  UPDATE ideamine.jobs j SET status = e.status::ideamine.job_status,"
    "   attempt = j.attempt - CASE WHEN e.counts THEN 0 ELSE 1 END,"
    "   run_at = coalesce(e.run_at, j.run_at),"
    "   ready_at = CASE WHEN e.run_at IS NULL THEN j.ready_at END,"
    "   finished_at = CASE WHEN e.status = 'failed' THEN $10 END,"
    "   last_error = coalesce(e.error, j.last_error), checkpoint = coalesce(e.checkpoint, j.checkpoint)"
    "  FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::boolean[],"
    "   $7::timestamptz[], $8::text[], $9::jsonb[])"
    "   AS e (tenant_id, job_id, epoch, outcome, status, counts, run_at, error, checkpoint)"
    "  WHERE j.job_id = e.job_id AND j.tenant_id = e.tenant_id AND j.epoch = e.epoch"
    "   AND j.status = 'running'"
    "  RETURNING j.tenant_id, j.job_id, j.epoch, j.worker_id, j.started_at, e.outcome, e.error,"
    "   j.attempt + CASE WHEN e.counts THEN 0 ELSE 1 END AS attempt)"
    " INSERT INTO ideamine.job_executions"
    "  (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome, error)"
    " SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, $10,"
    "  outcome::ideamine.attempt_outcome, error FROM ended"};

// A job that comes back from the dead letter queue and dies again replaces its letter.
constinit pg::Statement bury{
    "INSERT INTO ideamine.dead_letter_queue (tenant_id, job_id, job_type, queue, priority_class, payload,"
    "  attempt, last_error, attempts, died_at)"
    " SELECT j.tenant_id, j.job_id, j.job_type, j.queue, j.priority_class, j.payload, j.attempt,"
    "  j.last_error, coalesce(a.attempts, '[]'), $3"
    " FROM unnest($1::text[], $2::uuid[]) AS d (tenant_id, job_id)"
    " JOIN ideamine.jobs j ON j.job_id = d.job_id AND j.tenant_id = d.tenant_id"
    " LEFT JOIN ideamine.v_job_attempts a ON a.job_id = d.job_id AND a.tenant_id = d.tenant_id"
    " ON CONFLICT (job_id, tenant_id) DO UPDATE SET attempt = excluded.attempt,"
    "  last_error = excluded.last_error, attempts = excluded.attempts, died_at = excluded.died_at"};

constinit pg::Statement describe_lease{
    "SELECT status::text, epoch FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2"};

// Positions in the order in which their jobs are locked.
template <typename Element>
std::vector<std::size_t> lock_order(const std::vector<Element>& elements) {
    std::vector<std::size_t> order(elements.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        const auto& left = elements[a].lease;
        const auto& right = elements[b].lease;
        return std::tie(left.job, left.tenant, left.epoch) <
               std::tie(right.job, right.tenant, right.epoch);
    });
    return order;
}

// Tells leases that are stale from jobs that do not exist.
void tell_apart(const std::vector<Completion>& completions, std::vector<Answer>& answers) {
    JobRefs refused;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i] == Answer::unknown) {
            refused.add(completions[i].lease.tenant, completions[i].lease.job);
        }
    }
    if (refused.empty()) {
        return;
    }
    std::map<std::pair<std::string, Uuid>, bool> existing;
    for (const pg::Row row : find_jobs.execute(refused.tenants, refused.jobs)) {
        existing[{row.get<std::string>(0), row.get<Uuid>(1)}] = true;
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& lease = completions[i].lease;
        if (answers[i] == Answer::unknown && existing.contains({lease.tenant, lease.job})) {
            answers[i] = Answer::stale;
        }
    }
}

}  // namespace

const char* to_string(Answer answer) {
    switch (answer) {
        case Answer::ok: return "ok";
        case Answer::stale: return "stale";
        case Answer::unknown: return "unknown";
    }
    return "unknown";
}

Completed complete(const std::vector<Completion>& completions) {
    Completed completed;
    completed.answers.assign(completions.size(), Answer::unknown);
    JobRefs jobs;
    std::vector<Epoch> epochs;
    std::vector<std::optional<pg::Json>> results;
    std::map<LeaseRef, std::size_t> positions;
    for (const auto i : lock_order(completions)) {
        const auto& [lease, result] = completions[i];
        if (positions.emplace(lease, i).second) {
            jobs.add(lease.tenant, lease.job);
            epochs.push_back(lease.epoch);
            results.push_back(result);
        }
    }
    JobRefs waited_for;
    for (const pg::Row row :
         complete_leases.execute(jobs.tenants, jobs.jobs, epochs, results, pg::now())) {
        const LeaseRef lease{row.get<std::string>(0), row.get<Uuid>(1), row.get<Epoch>(2)};
        completed.answers[positions.at(lease)] = Answer::ok;
        if (row.get<bool>(3)) {
            waited_for.add(lease.tenant, lease.job);
        }
    }
    tell_apart(completions, completed.answers);
    completed.unblocked = unblock_dependents(waited_for);
    return completed;
}

namespace {

// Endings that were accepted, as the statement takes them.
struct EndedColumns {
    JobRefs jobs;
    std::vector<Epoch> epochs;
    std::vector<std::string_view> outcomes;
    std::vector<std::string_view> statuses;
    std::vector<bool> counts;
    std::vector<std::optional<Time>> run_at;
    std::vector<std::optional<std::string>> errors;
    std::vector<std::optional<pg::Json>> checkpoints;
};

struct LockedJob {
    Epoch epoch;
    bool running;
    std::int32_t attempt;
    RetryPolicy policy;
};

std::map<std::pair<std::string, Uuid>, LockedJob> lock(const std::vector<Ending>& endings) {
    JobRefs jobs;
    for (const auto i : lock_order(endings)) {
        const auto& lease = endings[i].lease;
        if (jobs.empty() || jobs.jobs.back() != lease.job || jobs.tenants.back() != lease.tenant) {
            jobs.add(lease.tenant, lease.job);
        }
    }
    const auto platform = platform_retry_policy();
    std::map<std::pair<std::string, Uuid>, LockedJob> locked;
    for (const pg::Row row : lock_jobs.execute(jobs.tenants, jobs.jobs)) {
        locked[{row.get<std::string>(0), row.get<Uuid>(1)}] = {
            .epoch = row.get<Epoch>(2),
            .running = row.get<bool>(3),
            .attempt = row.get<std::int32_t>(4),
            .policy = retry_policy(row.optional<std::int32_t>(5), row.optional<Duration>(6),
                                   row.optional<double>(7), row.optional<Duration>(8), platform)};
    }
    return locked;
}

// Decides about one ending, and notes what is to be written.
Settled decide(const Ending& ending, LockedJob& job, Time now, EndedColumns& columns) {
    if (judge(job.running, job.epoch, ending.lease.epoch) == Verdict::stale) {
        return {.answer = Answer::stale};
    }
    job.running = false;  // a second ending of the same lease is stale
    const auto fate = decide_fate(ending.outcome, job.policy, job.attempt, ending.retryable,
                                  ending.retry_after, pg::random_unit());
    const bool dead = fate.kind == Fate::Kind::dead;
    const bool waits = fate.kind == Fate::Kind::delayed && fate.delay > Duration::zero();
    columns.jobs.add(ending.lease.tenant, ending.lease.job);
    columns.epochs.push_back(ending.lease.epoch);
    columns.outcomes.push_back(to_string(ending.outcome));
    columns.statuses.emplace_back(dead ? "failed" : "pending");
    columns.counts.push_back(fate.attempt_counts);
    columns.run_at.push_back(waits ? std::optional{now + fate.delay} : std::nullopt);
    columns.errors.push_back(ending.error);
    columns.checkpoints.push_back(ending.checkpoint);
    const auto attempts_used = job.attempt - (fate.attempt_counts ? 0 : 1);
    return {.answer = Answer::ok,
            .status = dead ? "failed" : "pending",
            .retry_at = dead ? std::nullopt : std::optional{now + fate.delay},
            .retries_left = dead ? 0 : std::max(job.policy.max_retries + 1 - attempts_used, 0)};
}

}  // namespace

std::vector<Settled> settle(const std::vector<Ending>& endings) {
    std::vector<Settled> settled(endings.size());
    if (endings.empty()) {
        return settled;
    }
    auto locked = lock(endings);
    const auto now = pg::now();
    EndedColumns columns;
    JobRefs dead;
    for (const auto i : lock_order(endings)) {
        const auto& lease = endings[i].lease;
        if (const auto job = locked.find({lease.tenant, lease.job}); job != locked.end()) {
            settled[i] = decide(endings[i], job->second, now, columns);
        }
        if (settled[i].status == "failed") {
            dead.add(lease.tenant, lease.job);
        }
    }
    end_attempts.execute(columns.jobs.tenants, columns.jobs.jobs, columns.epochs, columns.outcomes,
                         columns.statuses, columns.counts, columns.run_at, columns.errors,
                         columns.checkpoints, now);
    if (!dead.empty()) {
        bury.execute(dead.tenants, dead.jobs, now);
        cancel_dependents(dead, "a job that it depends on failed");
    }
    return settled;
}

void throw_refusal(const LeaseRef& lease, Answer answer) {
    const auto rows = describe_lease.execute(lease.tenant, lease.job);
    if (answer == Answer::unknown || rows.empty()) {
        throw_unknown_job(lease.tenant, lease.job);
    }
    throw Error(Code::conflict, "stale lease on job " + to_string(lease.job),
                "The call named epoch " + std::to_string(lease.epoch) + "; the job is " +
                    rows[0].get<std::string>(0) + " and its latest epoch is " +
                    std::to_string(rows[0].get<Epoch>(1)) + ".",
                "Drop the work: the job is no longer this worker's.");
}

std::string cut_error(std::string text) {
    if (text.size() > max_error_bytes) {
        text.resize(static_cast<std::size_t>(pg_mbcliplen(
            text.data(), static_cast<int>(text.size()), static_cast<int>(max_error_bytes))));
    }
    return text;
}

}  // namespace ideamine::jobs
