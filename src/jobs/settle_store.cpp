#include "jobs/settle_store.hpp"

#include <numeric>
#include <set>

#include "jobs/conclude_store.hpp"
#include "jobs/job_rows_store.hpp"
#include "jobs/past_store.hpp"
#include "jobs/preempted_store.hpp"
#include "jobs/read_store.hpp"
#include "jobs/requeue_store.hpp"

namespace ideamine::jobs {

namespace {

// The conditions on status and epoch are the fence: whoever ended the lease has changed one of
// them. The jobs are sorted, so that width_bucket() finds a job's place among them, and rows are
// locked in one order everywhere. Looking for one tenant at a time leaves the planner the primary
// key and nothing else.
constinit pg::Statement complete_attempts{
    "UPDATE ideamine.jobs SET status = 'completed', finished_at = $5,"
    "  result = ($4::jsonb[])[width_bucket(job_id, $2)]$[1.2 , stop_by = NULL$]"
    " WHERE tenant_id = $1 AND job_id = ANY ($2)"
    "  AND epoch = ($3::bigint[])[width_bucket(job_id, $2)] AND status::text = 'running'"
    " RETURNING width_bucket(job_id, $2) - 1, dependents > 0, $[1.1 quorum_of$| NULL::uuid$],"
    "  " IDEAMINE_HOLDINGS("jobs")};

constinit pg::Statement describe_lease{
    "SELECT status::text, epoch FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2"};

// The longest stretch of one tenant's completions that is written by one statement, in which the
// server walks along an array of results for each of them.
constexpr std::size_t longest_stretch = 500;

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
    void refuse_past_jobs();
    void forget_decided();
    void release(const LeaseRef& lease, const std::optional<Uuid>& quorum_of,
                 const Holding& holding);

    const std::vector<Ending>& endings_;
    Settlement settlement_;
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
        const auto& lease = endings_[position].lease;
        const auto is_second = [&](const LeaseRef& before) {
            return before.job == lease.job && before.tenant == lease.tenant;
        };
        if (endings_[position].outcome == Outcome::completed &&
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
                             !rows.takes_statement();
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
// failed, were lost, were handed back or gave way.
void Settling::requeue_open() {
    JobRefs jobs;
    for (const auto position : open_) {
        jobs.add(endings_[position].lease.tenant, endings_[position].lease.job);
        settlement_.endings[position].answer = Answer::unknown;
    }
    Requeueing requeueing{now_};
    for (const pg::Row job : Requeueing::look_up(jobs)) {
        const auto position = open_[static_cast<std::size_t>(job.get<std::int32_t>(0))];
        settlement_.endings[position] = requeueing.decide(position, endings_[position], job);
    }
    Preempted preempted;
    for (const auto& requeued : requeueing.write()) {
        auto& settled = settlement_.endings[requeued.position];
        settled.answer = Answer::ok;
        const auto& lease = endings_[requeued.position].lease;
        // a vote that is lost is nobody's letter
        if (requeued.status == "failed" && !requeued.quorum_of) {
            ended_.dead.add(lease.tenant, lease.job);
        }
        if (requeued.status == "preempted") {
            preempted.add(lease.tenant, lease.job, lease.epoch, endings_[requeued.position].data);
        }
        release(lease, requeued.quorum_of, requeued.holding);
    }
    preempted.write(now_);
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
