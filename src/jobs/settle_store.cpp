#include "jobs/settle_store.hpp"

#include <numeric>
#include <set>

#include "ideamine/pg/random.hpp"
#include "jobs/conclude_store.hpp"
#include "jobs/job_request.hpp"
#include "jobs/job_rows_store.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/past_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/read_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement look_up{
    "SELECT n.position::integer - 1, j.ctid, j.epoch, j.running, j.attempt, j.max_retries, "
    "j.retry_base,"
    "  j.retry_factor, j.retry_cap"
    " FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS n (tenant_id, job_id, position)"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, epoch, status = 'running' AS running, attempt, max_retries, retry_base, "
    "retry_factor,"
    "   retry_cap"
    "  FROM ideamine.jobs WHERE job_id = n.job_id AND tenant_id = n.tenant_id OFFSET 0) AS j"};

// The conditions on status and epoch are the fence: whoever ended the lease has changed one of
// them. The jobs are sorted, so that width_bucket() finds a job's place among them, and rows are
// locked in one order everywhere. Looking for one tenant at a time leaves the planner the primary
// key and nothing else.
constinit pg::Statement complete_attempts{
    "UPDATE ideamine.jobs SET status = 'completed', finished_at = $5,"
    "  result = ($4::jsonb[])[width_bucket(job_id, $2)]"
    " WHERE tenant_id = $1 AND job_id = ANY ($2)"
    "  AND epoch = ($3::bigint[])[width_bucket(job_id, $2)] AND status::text = 'running'"
    " RETURNING width_bucket(job_id, $2) - 1, dependents > 0, $[1.1 quorum_of$| NULL::uuid$],"
    "  " IDEAMINE_HOLDINGS("jobs")};

constinit pg::Statement end_attempts{
    "WITH ended AS ("
    "  UPDATE ideamine.jobs j SET status = e.status::ideamine.job_status,"
    "   attempt = j.attempt - e.given_back,"
    "   run_at = coalesce(e.run_at, j.run_at),"
    "   ready_at = CASE WHEN e.run_at IS NULL THEN j.ready_at END,"
    "   finished_at = CASE WHEN e.status = 'failed' THEN $10 END,"
    "   last_error = coalesce(e.error, j.last_error),"
    "   checkpoint = coalesce(e.checkpoint, j.checkpoint)"
    "  FROM unnest($1::integer[], $2::tid[], $3::bigint[], $4::jsonb[], $5::text[], $6::text[],"
    "   $7::integer[], $8::timestamptz[], $9::text[])"
    "   AS e (position, tid, epoch, checkpoint, outcome, status, given_back, run_at, error)"
    "  WHERE j.ctid = e.tid AND j.epoch = e.epoch AND j.status = 'running'"
    "  RETURNING e.position, j.tenant_id, j.job_id, j.epoch, j.worker_id, j.started_at, e.outcome,"
    "   e.error, j.attempt + e.given_back AS attempt,"
    "   $[1.1 j.quorum_of$| NULL::uuid AS quorum_of$], " IDEAMINE_HOLDINGS("j") ","
    "   j.ctid, j.priority_class, j.required_capabilities, j.status, j.ready_at),"
    " recorded AS ("
    "  INSERT INTO ideamine.ended_attempts"
    "   (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome, error)"
    "  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, $10,"
    "   outcome::ideamine.attempt_outcome, error FROM ended)"
    " SELECT position, quorum_of, " IDEAMINE_HELD ", " IDEAMINE_READY("ended") " FROM ended",
    pg::Statement::Kind::writes_by_tid};

constinit pg::Statement describe_lease{
    "SELECT status::text, epoch FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2"};

// The longest stretch of one tenant's completions that is written by one statement, in which the
// server walks along an array of results for each of them.
constexpr std::size_t longest_stretch = 500;

struct Requeueing {
    std::vector<std::int32_t> positions;
    std::vector<pg::Tid> tids;
    std::vector<Epoch> epochs;
    std::vector<std::optional<pg::Json>> checkpoints;
    std::vector<std::string_view> outcomes;
    std::vector<const char*> statuses;
    std::vector<std::int32_t> given_back;
    std::vector<std::optional<Time>> run_at;
    std::vector<std::optional<std::string>> errors;
};

// One call of settle() on its way. Nothing is locked before it is written: what was changed by
// others in between is not written, and looked at again.
class Settling {
  public:
    explicit Settling(const std::vector<Ending>& endings) : endings_(endings) {
        settlement_.endings.resize(endings.size());
    }

    Settlement run() {
        sort();
        while (!open_.empty()) {
            pg::check_interrupts();
            complete_open();
            if (!open_.empty()) {
                requeue_open();
            }
        }
        settlement_.unblocked = conclude(std::move(ended_)).unblocked;
        return std::move(settlement_);
    }

  private:
    void sort();
    void complete_open();
    std::vector<std::size_t> open_completions() const;
    std::vector<std::uint64_t> places_of(const std::vector<std::size_t>& completions) const;
    std::size_t complete_directly(const std::vector<std::size_t>& completions,
                                  const std::vector<std::uint64_t>& places, std::size_t next);
    std::size_t complete_by_statement(const std::vector<std::size_t>& completions,
                                      std::size_t next);
    void note_completion(std::size_t position, bool has_dependents,
                         const std::optional<Uuid>& quorum_of, const Holding& holding);
    void requeue_open();
    void decide(std::size_t position, const pg::Row& job, Requeueing& requeueing);
    void refuse_past_jobs();
    void forget_decided();
    void release(const LeaseRef& lease, const std::optional<Uuid>& quorum_of,
                 const Holding& holding);

    const std::vector<Ending>& endings_;
    Settlement settlement_;
    RetryPolicy platform_ = platform_retry_policy();
    Time now_ = pg::now();
    std::vector<std::size_t> open_;  // not decided yet, sorted by their jobs
    Ended ended_;
};

// What an ended attempt held besides its lease, and whom it voted for.
void Settling::release(const LeaseRef& lease, const std::optional<Uuid>& quorum_of,
                       const Holding& holding) {
    ended_.released.add(lease.tenant, lease.job, lease.epoch, holding);
    if (quorum_of) {
        ended_.votes.add(lease.tenant, *quorum_of);
    }
}

void Settling::sort() {
    open_.resize(endings_.size());
    std::iota(open_.begin(), open_.end(), 0);
    std::ranges::stable_sort(open_, [this](std::size_t a, std::size_t b) {
        const auto& left = endings_[a].lease;
        const auto& right = endings_[b].lease;
        return std::tie(left.tenant, left.job) < std::tie(right.tenant, right.job);
    });
}

void Settling::forget_decided() {
    std::erase_if(open_, [this](std::size_t position) {
        return settlement_.endings[position].answer != Answer::open;
    });
}

// Completions are written without a look first, because nearly all of them are in order.
void Settling::complete_open() {
    const auto completions = open_completions();
    const auto places = places_of(completions);
    for (std::size_t next = 0; next < completions.size();) {
        next = complete_directly(completions, places, next);
        next = complete_by_statement(completions, next);
    }
    forget_decided();
}

// A second one of the same job waits for the next time round.
std::vector<std::size_t> Settling::open_completions() const {
    std::vector<std::size_t> completions;
    for (const auto position : open_) {
        const auto& [lease, outcome, error, retryable, retry_after, data] = endings_[position];
        const auto is_second = [&](const LeaseRef& before) {
            return before.job == lease.job && before.tenant == lease.tenant;
        };
        if (outcome == Outcome::completed &&
            (completions.empty() || !is_second(endings_[completions.back()].lease))) {
            completions.push_back(position);
        }
    }
    return completions;
}

// Where their rows stood when they were acquired.
std::vector<std::uint64_t> Settling::places_of(const std::vector<std::size_t>& completions) const {
    std::vector<Uuid> jobs;
    std::vector<Epoch> epochs;
    for (const auto position : completions) {
        jobs.push_back(endings_[position].lease.job);
        epochs.push_back(endings_[position].lease.epoch);
    }
    return dispatch::shared::rows_of(jobs, epochs);
}

// From the next one on, of all tenants, as many as stand where they stood, and nobody has locked.
// Returns the first that does not: rows are locked in one order everywhere, so that none is written
// after one that may have to be waited for.
std::size_t Settling::complete_directly(const std::vector<std::size_t>& completions,
                                        const std::vector<std::uint64_t>& places,
                                        std::size_t next) {
    JobRows rows;
    for (; rows.are_plain() && next < completions.size(); ++next) {
        const auto& ending = endings_[completions[next]];
        const auto& lease = ending.lease;
        const bool is_here = places[next] != 0 && rows.find(lease.job, tid_of(places[next])) &&
                             rows.tenant() == lease.tenant && rows.runs_by(lease.epoch) &&
                             !rows.has_key();
        if (!is_here) {
            break;
        }
        const auto has_dependents = rows.has_dependents();
        const auto quorum_of = rows.quorum_of();
        const auto holding = rows.holding();
        if (!rows.try_complete(now_, ending.data)) {
            break;
        }
        note_completion(completions[next], has_dependents, quorum_of, holding);
    }
    return next;
}

void Settling::note_completion(std::size_t position, bool has_dependents,
                               const std::optional<Uuid>& quorum_of, const Holding& holding) {
    const auto& lease = endings_[position].lease;
    settlement_.endings[position] = {.answer = Answer::ok, .status = "completed"};
    if (has_dependents) {
        ended_.completed.add(lease.tenant, lease.job);
    }
    release(lease, quorum_of, holding);
}

// A stretch of one tenant's, from the next one on. Returns the first after it.
std::size_t Settling::complete_by_statement(const std::vector<std::size_t>& completions,
                                            std::size_t next) {
    if (next == completions.size()) {
        return next;
    }
    const auto& tenant = endings_[completions[next]].lease.tenant;
    const auto first = next;
    std::vector<Uuid> jobs;
    std::vector<Epoch> epochs;
    std::vector<std::optional<pg::Json>> results;
    for (; next < completions.size() && jobs.size() < longest_stretch &&
           endings_[completions[next]].lease.tenant == tenant;
         ++next) {
        const auto& ending = endings_[completions[next]];
        jobs.push_back(ending.lease.job);
        epochs.push_back(ending.lease.epoch);
        results.push_back(ending.data);
    }
    for (const pg::Row row : complete_attempts.execute(tenant, jobs, epochs, results, now_)) {
        const auto i = static_cast<std::size_t>(row.get<std::int32_t>(0));
        note_completion(completions[first + i], row.get<bool>(1), row.optional<Uuid>(2),
                        Released::read_holding(row, 3));
    }
    return next;
}

// Finds out about the rest: which are stale, which jobs are unknown, and what becomes of those that
// failed, were lost or were handed back.
void Settling::requeue_open() {
    JobRefs jobs;
    for (const auto position : open_) {
        jobs.add(endings_[position].lease.tenant, endings_[position].lease.job);
        settlement_.endings[position].answer = Answer::unknown;
    }
    Requeueing requeueing;
    for (const pg::Row job : look_up.execute(jobs.tenants, jobs.jobs)) {
        decide(open_[static_cast<std::size_t>(job.get<std::int32_t>(0))], job, requeueing);
    }
    if (!requeueing.tids.empty()) {
        const auto rows =
            end_attempts.execute(requeueing.positions, requeueing.tids, requeueing.epochs,
                                 requeueing.checkpoints, requeueing.outcomes, requeueing.statuses,
                                 requeueing.given_back, requeueing.run_at, requeueing.errors, now_);
        publish_ready(rows, 2 + held_columns);
        for (const pg::Row row : rows) {
            const auto position = static_cast<std::size_t>(row.get<std::int32_t>(0));
            auto& settled = settlement_.endings[position];
            settled.answer = Answer::ok;
            const auto& lease = endings_[position].lease;
            // a vote that is lost is nobody's letter
            if (!settled.retry_at && row.is_null(1)) {
                ended_.dead.add(lease.tenant, lease.job);
            }
            release(lease, row.optional<Uuid>(1), Released::read_holding(row, 2));
        }
    }
    refuse_past_jobs();
    forget_decided();
}

// What has ended so long ago that it is in history.
void Settling::refuse_past_jobs() {
    JobRefs unknown;
    for (const auto position : open_) {
        if (settlement_.endings[position].answer == Answer::unknown) {
            unknown.add(endings_[position].lease.tenant, endings_[position].lease.job);
        }
    }
    std::set<std::pair<std::string, Uuid>> past;
    for (const auto& job : find_past_jobs(unknown)) {
        past.emplace(job.tenant, job.job);
    }
    for (const auto position : open_) {
        auto& answer = settlement_.endings[position].answer;
        const auto& lease = endings_[position].lease;
        if (answer == Answer::unknown && past.contains({lease.tenant, lease.job})) {
            answer = Answer::stale;
        }
    }
}

void Settling::decide(std::size_t position, const pg::Row& job, Requeueing& requeueing) {
    const auto& ending = endings_[position];
    auto& settled = settlement_.endings[position];
    if (judge(job.get<bool>(3), job.get<Epoch>(2), ending.lease.epoch) == Verdict::stale) {
        settled.answer = Answer::stale;
        return;
    }
    settled.answer = Answer::open;
    if (ending.outcome == Outcome::completed) {
        return;
    }
    const auto attempt = job.get<std::int32_t>(4);
    const auto policy = retry_policy(job.optional<std::int32_t>(5), job.optional<Duration>(6),
                                     job.optional<double>(7), job.optional<Duration>(8), platform_);
    const auto fate = decide_fate(ending.outcome, policy, attempt, ending.retryable,
                                  ending.retry_after, pg::random_unit());
    const bool dead = fate.kind == Fate::Kind::dead;
    settled.status = dead ? "failed" : "pending";
    settled.retry_at = dead ? std::nullopt : std::optional{now_ + fate.delay};
    settled.retries_left =
        dead ? 0 : std::max(policy.max_retries + (fate.attempt_counts ? 1 : 2) - attempt, 0);
    requeueing.positions.push_back(static_cast<std::int32_t>(position));
    requeueing.tids.push_back(job.get<pg::Tid>(1));
    requeueing.epochs.push_back(ending.lease.epoch);
    requeueing.checkpoints.push_back(ending.data);
    requeueing.outcomes.push_back(to_string(ending.outcome));
    requeueing.statuses.push_back(settled.status);
    requeueing.given_back.push_back(fate.attempt_counts ? 0 : 1);
    requeueing.run_at.push_back(fate.delay > Duration::zero() ? settled.retry_at : std::nullopt);
    requeueing.errors.push_back(ending.error);
}

}  // namespace

const char* to_string(Answer answer) {
    switch (answer) {
        case Answer::ok:
            return "ok";
        case Answer::stale:
            return "stale";
        case Answer::unknown:
        case Answer::open:
            break;
    }
    return "unknown";
}

Settlement settle(const std::vector<Ending>& endings) {
    return endings.empty() ? Settlement{} : Settling{endings}.run();
}

namespace {

// A job's status and the epoch of its latest lease. Throws ID404.
std::pair<std::string, Epoch> describe(const LeaseRef& lease) {
    const auto rows = describe_lease.execute(lease.tenant, lease.job);
    if (rows.empty()) {
        const auto past = require_past_job(lease.tenant, lease.job);
        return {past.status, past.epoch};
    }
    return {rows[0].get<std::string>(0), rows[0].get<Epoch>(1)};
}

}  // namespace

void throw_refusal(const LeaseRef& lease, Answer answer) {
    if (answer == Answer::unknown) {
        throw_unknown_job(lease.tenant, lease.job);
    }
    const auto [status, latest] = describe(lease);
    throw Error(Code::conflict, "stale lease on job " + to_string(lease.job),
                "The call named epoch " + std::to_string(lease.epoch) + "; the job is " + status +
                    " and its latest epoch is " + std::to_string(latest) + ".",
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
