#include "jobs/conclude_store.hpp"

#include "jobs/attempts.hpp"
#include "jobs/inheritance_store.hpp"
#include "jobs/money_store.hpp"
#include "jobs/quorum_store.hpp"
#include "jobs/ready_shared.hpp"
#include "quota/held_room_store.hpp"

namespace ideamine::jobs {

namespace {

// A job that comes back from the dead letter queue and dies again replaces its letter.
constinit pg::Statement bury{
    "INSERT INTO ideamine.dead_letter_queue (tenant_id, job_id, job_type, queue, priority_class, "
    "payload,"
    "  attempt, last_error, attempts, died_at)"
    " SELECT j.tenant_id, j.job_id, j.job_type, j.queue, j.priority_class, j.payload, j.attempt,"
    "  j.last_error, coalesce(" IDEAMINE_ENDED_ATTEMPTS("j") ", '[]'), j.finished_at"
    " FROM unnest($1::text[], $2::uuid[]) AS d (tenant_id, job_id)"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "  WHERE job_id = d.job_id AND tenant_id = d.tenant_id OFFSET 0) AS j"
    " ON CONFLICT (job_id, tenant_id) DO UPDATE SET attempt = excluded.attempt,"
    "  last_error = excluded.last_error, attempts = excluded.attempts, died_at = excluded.died_at"};

void bury_dead(const JobRefs& dead) {
    if (!dead.empty()) {
        bury.execute(dead.tenants, dead.jobs);
    }
}

}  // namespace

void Ended::add(const Cancelled& others) {
    cancelled.add(others.jobs);
    quorums.add(others.quorums);
    votes.add(others.votes);
    released.add(others.released);
    waited.add(others.waited);
}

// Each consequence may have others: a cancelled job was a vote, a vote decides a job, and that job
// has dependents. Votes are counted first: jobs on which workers vote are locked before dependents,
// whoever concludes.
Conclusion conclude(Ended ended) {
    Conclusion conclusion;
    auto gone = ended.cancelled;
    JobRefs withdrawn = ended.waited;
    const auto count = [&](const Cancelled& cancelled) {
        gone.add(cancelled.jobs);
        conclusion.cancelled += static_cast<std::int64_t>(cancelled.jobs.jobs.size());
        ended.quorums.add(cancelled.quorums);
        ended.votes.add(cancelled.votes);
        ended.released.add(cancelled.released);
        withdrawn.add(cancelled.waited);
    };
    const auto count_with_dependents = [&](const Cancelled& cancelled) {
        count(cancelled);
        ended.cancelled.add(cancelled.jobs);
    };
    while (!ended.completed.empty() || !ended.dead.empty() || !ended.cancelled.empty() ||
           !ended.quorums.empty() || !ended.votes.empty()) {
        if (const auto quorums = std::exchange(ended.quorums, {}); !quorums.empty()) {
            count_with_dependents(cancel_votes(quorums, "the job that it votes on was cancelled"));
        }
        if (const auto votes = std::exchange(ended.votes, {}); !votes.empty()) {
            const auto decided = decide_votes(votes);
            ended.completed.add(decided.completed);
            ended.dead.add(decided.failed);
            count_with_dependents(decided.cancelled);
        }
        conclusion.unblocked += unblock_dependents(std::exchange(ended.completed, {}));
        const auto dead = std::exchange(ended.dead, {});
        bury_dead(dead);
        // those of dependents that are cancelled are dealt with there
        count(fail_dependents(dead, "a job that it depends on failed"));
        count(fail_dependents(std::exchange(ended.cancelled, {}),
                              "a job that it depends on was cancelled"));
    }
    if (quota::counts_leases()) {
        auto leases = ended.released.leases();
        if (!gone.empty()) {
            leases.add(quota::remove_held_room(gone.tenants, gone.jobs));
        }
        shared::announce_ready(leases.end());
    }
    if (const auto& paying = ended.released.paying();
        !paying.empty() && money_keeper() != nullptr) {
        money_keeper()->release(paying);
    }
    ended.released.end_leases();
    ended.released.busy().charge();
    readmit_waiting(ended.released.keys());
    withdraw_classes(withdrawn);
    return conclusion;
}

}  // namespace ideamine::jobs
