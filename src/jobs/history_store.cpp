#include "jobs/history_store.hpp"

#include <set>

#include "ideamine/pg/day_partitions.hpp"
#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "jobs/attempts.hpp"
#include "jobs/finished.hpp"
#include "jobs/job_refs.hpp"
#include "jobs/past_store.hpp"

namespace ideamine::jobs {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr pg::DayPartitions history{"job_history"};

// A pass is short, because it is one transaction, and other duties wait for it.
constexpr std::int64_t most_moved = 10'000;
constexpr auto longest_pass = std::chrono::milliseconds{500};

// No index knows what has ended, so that completing a job changes none: jobs are walked by in the
// order of their ids, a stretch at a time.
constexpr std::int64_t stretch_length = 1'000;
constinit pg::Statement find_end{
    "SELECT job_id FROM ideamine.jobs WHERE job_id >= $1 AND job_id < $2"
    " ORDER BY job_id OFFSET $3 LIMIT 1"};

// Whoever makes a job wait for one of these has it locked, perhaps for long. What retention would
// remove at once is left to it.
constinit pg::Statement lock_finished{
    "SELECT tenant_id, job_id, finished_at, (pg_column_size(payload)"
    "  + coalesce(pg_column_size(result), 0) + coalesce(pg_column_size(checkpoint), 0))::bigint"
    " FROM ideamine.jobs j"
    " WHERE job_id >= $2 AND job_id < $3 AND" IDEAMINE_FINISHED_BEFORE_1
    " AND finished_at >= $4"
    " ORDER BY job_id FOR UPDATE SKIP LOCKED"};

// How much is moved between two looks at the time.
constexpr std::int64_t portion_bytes = 8 * 1024 * 1024;

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
    "  quorum_of, needs, preemptions, preempted_at, resumed_at, preemption_reason, checkpoint_at,"
    "  ended_attempts, depends_on)"
    " SELECT job_id, run_at, created_at, finished_at, ready_at,"
    "  started_at, epoch, status, priority_class, attempt, open_dependencies, dependents,"
    "  tenant_id, required_capabilities, job_type, queue, payload, result, worker_id, lease,"
    "  timeout, max_retries, retry_base, retry_factor, retry_cap, run_id, project_id, phase,"
    "  checkpoint, last_error, cancel_reason, concurrency_key, concurrency_limit, context, quorum,"
    "  quorum_of, needs, preemptions, preempted_at, resumed_at, preemption_reason, checkpoint_at,"
    "  CASE WHEN $3 THEN " IDEAMINE_ENDED_ATTEMPTS("g") " END,"
    "  CASE WHEN $4 THEN"
    "   (SELECT array_agg(d.depends_on ORDER BY d.depends_on) FROM ideamine.job_dependencies d"
    "    WHERE d.job_id = g.job_id AND d.tenant_id = g.tenant_id) END"
    " FROM gone g"};

constinit pg::Statement delete_attempts{
    "DELETE FROM ideamine.ended_attempts e"
    " USING unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " WHERE e.job_id = n.job_id AND e.tenant_id = n.tenant_id"};

constinit pg::Statement delete_edges{
    "DELETE FROM ideamine.job_dependencies d"
    " USING unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " WHERE d.job_id = n.job_id AND d.tenant_id = n.tenant_id"};

constinit pg::Statement find_first_left{
    "SELECT job_id FROM ideamine.jobs WHERE job_id >= $1 AND job_id < $2 ORDER BY job_id LIMIT 1"};

constinit pg::Statement make_walk{
    "INSERT INTO ideamine_internal.history_walk (only_row) SELECT true"
    " WHERE NOT EXISTS (SELECT FROM ideamine_internal.history_walk) ON CONFLICT DO NOTHING"};

constinit pg::Statement take_walk{
    "SELECT next, first_left, walks FROM ideamine_internal.history_walk"
    " WHERE only_row FOR UPDATE SKIP LOCKED"};

constinit pg::Statement keep_walk{
    "UPDATE ideamine_internal.history_walk SET next = $1, first_left = $2, walks = $3"
    " WHERE only_row"};

// How far the passes have come.
struct Walk {
    Uuid next;
    // Where the first job stands that was left, and the next walk begins: the entries of those that
    // were moved stay in the index as long as any snapshot may see them.
    std::optional<Uuid> first_left;
    std::int32_t walks;
};

// A transaction that is under way may come to put a job before the first one left: one that goes on
// longer than this has to wait for a walk from the very first.
constexpr Duration usual_transaction = std::chrono::minutes{10};
constexpr std::int32_t walks_from_the_first = 60;

class Pass {
  public:
    Pass(const Walk& walk, Time before, Time since)
        : walk_(walk), before_(before), since_(since), last_(first_uuid_at(before)) {}

    Moved run() {
        while (!has_ended_ && !is_over()) {
            pg::check_interrupts();
            move_stretch();
        }
        keep_walk.execute(walk_.next, walk_.first_left, walk_.walks);
        constexpr int sparse = 10;
        return {.jobs = moved_, .more = !has_ended_ && moved_ * sparse >= looked_at_};
    }

  private:
    bool is_over() const {
        return moved_ >= most_moved || SteadyClock::now() - begin_ >= longest_pass;
    }
    void move_stretch();
    Uuid move_between(const Uuid& from, const Uuid& to);
    void move(const JobRefs& finished, const pg::Row& more);
    void begin_anew(const Uuid& end);

    Walk walk_;
    Time before_;
    Time since_;
    Uuid last_;
    SteadyClock::time_point begin_ = SteadyClock::now();
    std::int64_t moved_ = 0;
    std::int64_t looked_at_ = 0;
    bool has_ended_ = false;
};

void Pass::move_stretch() {
    const auto ends = find_end.execute(walk_.next, last_, stretch_length);
    const auto to = ends.empty() ? last_ : ends[0].get<Uuid>(0);
    const auto end = move_between(walk_.next, to);
    looked_at_ += stretch_length;
    if (!walk_.first_left) {
        if (const auto left = find_first_left.execute(walk_.next, end); !left.empty()) {
            walk_.first_left = left[0].get<Uuid>(0);
        }
    }
    if (ends.empty() && end == to) {
        begin_anew(end);
    } else {
        walk_.next = end;
    }
}

// Returns where it stopped, which is before `to` if the time was over.
Uuid Pass::move_between(const Uuid& from, const Uuid& to) {
    JobRefs portion;
    std::int64_t bytes = 0;
    std::set<pg::Day> days;
    const auto rows = lock_finished.execute(before_, from, to, since_);
    for (const pg::Row row : rows) {
        days.insert(pg::day_of(row.get<Time>(2)));
    }
    for (const auto day : days) {
        history.ensure(day);
    }
    const auto more = find_more.execute(from, to)[0];
    for (const pg::Row row : rows) {
        const auto job = row.get<Uuid>(1);
        portion.add(row.get<std::string>(0), job);
        bytes += row.get<std::int64_t>(3);
        if (bytes >= portion_bytes) {
            move(std::exchange(portion, {}), more);
            bytes = 0;
            if (is_over()) {
                return successor(job);
            }
        }
    }
    if (!portion.empty()) {
        move(portion, more);
    }
    return to;
}

void Pass::move(const JobRefs& finished, const pg::Row& more) {
    const auto has_attempts = more.get<bool>(0);
    const auto has_edges = more.get<bool>(1);
    move_locked.execute(finished.tenants, finished.jobs, has_attempts, has_edges);
    pg::fault_point("history.moved");
    if (has_attempts) {
        delete_attempts.execute(finished.tenants, finished.jobs);
    }
    if (has_edges) {
        delete_edges.execute(finished.tenants, finished.jobs);
    }
    moved_ += static_cast<std::int64_t>(finished.jobs.size());
}

void Pass::begin_anew(const Uuid& end) {
    const auto first_left = std::exchange(walk_.first_left, {}).value_or(end);
    walk_.walks = (walk_.walks + 1) % walks_from_the_first;
    walk_.next = walk_.walks == 0
                     ? Uuid{}
                     : std::min(first_left, first_uuid_at(pg::now() - usual_transaction));
    has_ended_ = true;
}

}  // namespace

Moved move_to_history(Time before, Time since) {
    pg::require_version(history_since, "history");
    make_walk.execute();
    const auto walk = take_walk.execute();
    if (walk.empty()) {
        return {};  // somebody else is at it
    }
    return Pass{{.next = walk[0].get<Uuid>(0),
                 .first_left = walk[0].optional<Uuid>(1),
                 .walks = walk[0].get<std::int32_t>(2)},
                before,
                since}
        .run();
}

// One at a time: to drop one, nobody may be reading any, and who wants to read waits meanwhile.
std::int64_t drop_old_history(Time before) {
    const auto days = history.days();
    const bool is_old = !days.empty() && days.front() + std::chrono::days{1} <= before;
    return is_old && history.drop(days.front()) ? 1 : 0;
}

}  // namespace ideamine::jobs
