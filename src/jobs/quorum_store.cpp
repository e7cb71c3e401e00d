#include "jobs/quorum_store.hpp"

#include <set>

#include "jobs/jobs_settings.hpp"
#include "jobs/quorum.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// As in dependents_store.cpp, the status leaves the planner the primary key and nothing else.
constinit pg::Statement lock_job{
    "SELECT quorum FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = $2 AND status::text = 'blocked' AND quorum IS NOT NULL"
    " FOR NO KEY UPDATE"};

// Equal results have equal numbers; no result is one, too.
constinit pg::Statement list_votes{
    "SELECT job_id, status::text, worker_id, dense_rank() OVER (ORDER BY result)::integer,"
    "  cancel_reason"
    " FROM (SELECT job_id, status, worker_id, result, cancel_reason FROM ideamine.jobs"
    "       WHERE quorum_of = $1 AND tenant_id = $2 OFFSET 0) AS v ORDER BY job_id",
    Kind::reads_latest};

constinit pg::Statement complete_job{
    "UPDATE ideamine.jobs j SET status = 'completed', finished_at = $4, open_dependencies = 0,"
    "  result = v.result, started_at = v.started_at"
    " FROM (SELECT result, started_at FROM ideamine.jobs WHERE job_id = $3 AND tenant_id = $1) v"
    " WHERE j.tenant_id = $1 AND j.job_id = $2"};

constinit pg::Statement fail_job{
    "UPDATE ideamine.jobs SET status = 'failed', finished_at = $3,"
    "  last_error = 'its votes can not agree any more'"
    " WHERE tenant_id = $1 AND job_id = $2"};

// Passes over workers that somebody has in hand: who holds a worker may wait for a job that is
// locked here, and a deviation more or less is not worth a deadlock.
constinit pg::Statement count_deviations{
    "UPDATE ideamine.workers w SET"
    "  deviations = CASE WHEN n.agreed THEN 0 ELSE w.deviations + 1 END,"
    "  status = CASE WHEN n.agreed OR w.status NOT IN ('active', 'degraded') THEN w.status"
    "   WHEN w.deviations + 1 >= $4 THEN 'failed'"
    "   WHEN w.deviations + 1 >= $3 THEN 'degraded' ELSE w.status END,"
    "  ended_at = CASE WHEN NOT n.agreed AND w.status IN ('active', 'degraded')"
    "   AND w.deviations + 1 >= $4 THEN $5 ELSE w.ended_at END"
    " FROM (SELECT l.worker_id, n.agreed"
    "       FROM unnest($1::uuid[], $2::boolean[]) AS n (worker_id, agreed)"
    "       JOIN ideamine.workers l ON l.worker_id = n.worker_id"
    "       WHERE l.deviations > 0 OR NOT n.agreed"
    "       FOR NO KEY UPDATE OF l SKIP LOCKED) AS n"
    " WHERE w.worker_id = n.worker_id"};

struct Votes {
    std::vector<Uuid> jobs;
    std::vector<std::optional<Uuid>> workers;
    std::vector<Vote> votes;
    bool all_cancelled = true;
    std::optional<std::string> cancel_reason;
};

Vote::State state_of(const std::string& status) {
    if (status == "completed") {
        return Vote::State::given;
    }
    return status == "failed" || status == "cancelled" ? Vote::State::lost : Vote::State::open;
}

Votes read_votes(const std::string& tenant, const Uuid& job) {
    Votes read;
    for (const pg::Row row : list_votes.execute(job, tenant)) {
        read.jobs.push_back(row.get<Uuid>(0));
        read.workers.push_back(row.optional<Uuid>(2));
        const auto status = row.get<std::string>(1);
        read.votes.push_back({state_of(status), row.get<std::int32_t>(3)});
        read.all_cancelled = read.all_cancelled && status == "cancelled";
        read.cancel_reason = row.optional<std::string>(4);
    }
    return read;
}

void judge_workers(const Votes& votes, int result) {
    std::map<Uuid, bool> agreed;
    for (std::size_t i = 0; i < votes.votes.size(); ++i) {
        if (votes.votes[i].state == Vote::State::given && votes.workers[i]) {
            agreed[*votes.workers[i]] = votes.votes[i].result == result;
        }
    }
    std::vector<Uuid> workers;
    std::vector<bool> agreements;
    for (const auto& [worker, agrees] : agreed) {
        workers.push_back(worker);
        agreements.push_back(agrees);
    }
    count_deviations.execute(workers, agreements, deviations_to_degrade(), deviations_to_fail(),
                             pg::now());
}

// One job, which is locked.
void decide(const std::string& tenant, const Uuid& job, int agree, Decided& decided) {
    const auto votes = read_votes(tenant, job);
    const auto ballot = count_votes(votes.votes, agree);
    JobRefs ended;
    ended.add(tenant, job);
    switch (ballot.kind) {
        case Ballot::Kind::undecided:
            return;
        case Ballot::Kind::agreed: {
            std::size_t winner = 0;
            while (votes.votes[winner].state != Vote::State::given ||
                   votes.votes[winner].result != ballot.result) {
                ++winner;
            }
            complete_job.execute(tenant, job, votes.jobs[winner], pg::now());
            judge_workers(votes, ballot.result);
            decided.completed.add(tenant, job);
            break;
        }
        case Ballot::Kind::impossible:
            if (votes.all_cancelled) {  // as when a job that they depend on has failed
                decided.cancelled.add(cancel_listed(ended, votes.cancel_reason));
                return;
            }
            fail_job.execute(tenant, job, pg::now());
            decided.failed.add(tenant, job);
            break;
    }
    decided.cancelled.add(cancel_votes(ended, "the vote is decided"));
}

}  // namespace

Decided decide_votes(const JobRefs& jobs) {
    std::set<std::pair<std::string, Uuid>> distinct;
    for (std::size_t i = 0; i < jobs.jobs.size(); ++i) {
        distinct.emplace(jobs.tenants[i], jobs.jobs[i]);
    }
    Decided decided;
    JobRefs ended;
    for (const auto& [tenant, job] : distinct) {
        pg::check_interrupts();
        if (const auto locked = lock_job.execute(tenant, job); !locked.empty()) {
            decide(tenant, job, locked[0].get<std::int32_t>(0), decided);
        } else {
            ended.add(tenant, job);
        }
    }
    // a vote that was left alone because somebody had it in hand, and gave it back
    decided.cancelled.add(cancel_votes(ended, "the vote is decided"));
    return decided;
}

}  // namespace ideamine::jobs
