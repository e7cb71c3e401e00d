#include "workers/lost_store.hpp"

#include <map>

#include "dispatch/running.hpp"
#include "ideamine/pg/extension.hpp"
#include "jobs/settle_store.hpp"
#include "jobs/stop_notices_store.hpp"
#include "workers/beats_shared.hpp"
#include "workers/replace_store.hpp"
#include "workers/workers_settings.hpp"

namespace ideamine::workers {

namespace {

using jobs::Ending;
using jobs::Outcome;

// Rows follow late, so most are older than what shared memory knows, which is asked before they are
// locked, and once more when they cannot change.
constinit pg::Statement hold_perhaps_stale{
    "SELECT worker_id, last_heartbeat_at FROM ideamine.workers"
    " WHERE status IN ('active', 'draining', 'degraded') AND last_heartbeat_at < $1"
    " $[1.2 AND ideamine_internal.latest_possible_heartbeat(worker_id, last_heartbeat_at) < $1$]"
    " ORDER BY worker_id FOR UPDATE SKIP LOCKED"};

constinit pg::Statement give_up_stale{
    "UPDATE ideamine.workers w SET status = 'failed', ended_at = $3, last_heartbeat_at = s.latest"
    " FROM unnest($1, $2) AS s (worker_id, latest) WHERE w.worker_id = s.worker_id"};

constinit pg::Statement held_by{
    "SELECT j.tenant_id, j.job_id, j.epoch, j.worker_id FROM " IDEAMINE_RUNNING(
        "$1") " WHERE j.status = 'running' AND j.worker_id = $1"};

// Passes over jobs that somebody reports on at this moment, so that a worker which froze in the
// middle of that does not keep all others waiting: expire_leases() takes back what comes of it. In
// no order, see expired_leases.
constinit pg::Statement held_and_free{
    "SELECT j.* FROM unnest($1) AS w (id)"
    " $[1.2 CROSS JOIN LATERAL ideamine_internal.running_jobs(w.id) AS running (id)$]"
    " CROSS JOIN LATERAL (SELECT tenant_id, job_id, epoch, worker_id FROM ideamine.jobs"
    "  WHERE $[1.2 job_id = running.id AND status::text = 'running'$| status = 'running'$]"
    "   AND worker_id = w.id FOR NO KEY UPDATE SKIP LOCKED) AS j"};

// A heartbeat renews every lease of its worker, so a lease ends that long after the later of its
// start and that heartbeat: see lease_end(). Leases of workers that have ended or are forgotten end
// at once. In no order: it would tempt the planner to walk along the primary key, and who skips
// locks need not take them in one.
constinit pg::Statement expired_leases{
    "SELECT expired.* FROM"
    " $[1.2 ideamine_internal.running_jobs() AS running (id) CROSS JOIN LATERAL$]"
    " (SELECT j.tenant_id, j.job_id, j.epoch, j.worker_id,"
    "   coalesce(j.started_at + j.timeout <= $1, false) AS timed_out"
    "  FROM ideamine.jobs j LEFT JOIN ideamine.workers w ON w.worker_id = j.worker_id"
    "  WHERE $[1.2 j.job_id = running.id AND j.status::text = 'running'$| j.status = 'running'$]"
    "   AND (greatest(j.started_at, $[1.2 ideamine_internal.latest_possible_heartbeat("
    "      w.worker_id, w.last_heartbeat_at)$| w.last_heartbeat_at$]) + j.lease <= $1"
    "    OR j.started_at + j.timeout <= $1"
    "    OR w.worker_id IS NULL OR w.status IN ('failed', 'terminated'))"
    "  FOR NO KEY UPDATE OF j SKIP LOCKED) AS expired"};

Ending ending_of(const pg::Row& row, Outcome outcome, const char* error) {
    Ending ending{.lease = {row.get<std::string>(0), row.get<Uuid>(1), row.get<std::int64_t>(2)},
                  .outcome = outcome};
    if (error != nullptr) {
        ending.error = error;
    }
    return ending;
}

const char* reason_of(const Ending& ending) {
    return ending.outcome == Outcome::timed_out ? "deadline" : "lease lost";
}

}  // namespace

namespace {

std::vector<Uuid> give_up_silent(Time at) {
    const auto before = saturating_add(at, -worker_timeout());
    std::vector<Uuid> silent;
    std::vector<Time> latest;
    for (const pg::Row row : hold_perhaps_stale.execute(before)) {
        const auto worker = row.get<Uuid>(0);
        if (const auto heard = shared::give_up_if_silent(worker, row.get<Time>(1), before)) {
            silent.push_back(worker);
            latest.push_back(*heard);
        }
    }
    if (!silent.empty()) {
        give_up_stale.execute(silent, latest, at);
    }
    return silent;
}

}  // namespace

void mark_stale(Time at, pg::Returned& returned) {
    const auto stale = give_up_silent(at);
    if (stale.empty()) {
        return;
    }
    std::vector<Ending> endings;
    std::vector<Uuid> holders;
    for (const pg::Row row : held_and_free.execute(stale)) {
        endings.push_back(ending_of(row, Outcome::lost, "the worker fell silent"));
        holders.push_back(row.get<Uuid>(3));
    }
    struct Tally {
        std::int32_t requeued = 0;
        std::int32_t dead = 0;
    };
    std::map<Uuid, Tally> tallies;
    for (const auto& worker : stale) {
        tallies[worker] = {};
    }
    const auto settled = jobs::settle(endings).endings;
    for (std::size_t i = 0; i < settled.size(); ++i) {
        auto& tally = tallies.at(holders[i]);
        if (settled[i].answer == jobs::Answer::ok) {
            (settled[i].retry_at ? tally.requeued : tally.dead) += 1;
        }
    }
    for (const auto& [worker, tally] : tallies) {
        returned.add(worker, tally.requeued, tally.dead);
    }
    if (auto_replace_workers() && pg::installed_version() >= Version{1, 1}) {
        replace_those_that_lived(stale);
    }
}

void expire_leases(Time at, pg::Returned& returned) {
    std::vector<Ending> endings;
    std::vector<Uuid> holders;
    // these leases end behind their workers' backs
    jobs::StopNotices notices;
    for (const pg::Row row : expired_leases.execute(at)) {
        const bool timed_out = row.get<bool>(4);
        endings.push_back(
            timed_out ? ending_of(row, Outcome::timed_out, "the attempt ran past its deadline")
                      : ending_of(row, Outcome::lost, "the lease ran out"));
        holders.push_back(row.get<Uuid>(3));
        const auto& [tenant, job, epoch] = endings.back().lease;
        notices.add(holders.back(), tenant, job, epoch, reason_of(endings.back()));
    }
    if (endings.empty()) {
        return;
    }
    const auto settled = jobs::settle(endings).endings;
    notices.send(jobs::StopNotices::To::those_who_may_hear, at);
    for (std::size_t i = 0; i < settled.size(); ++i) {
        const auto& lease = endings[i].lease;
        returned.add(lease.tenant, lease.job, lease.epoch, holders[i],
                     pg::Enum{"job_status", settled[i].status});
    }
}

std::int32_t release_jobs_of(const Uuid& worker) {
    std::vector<Ending> endings;
    for (const pg::Row row : held_by.execute(worker)) {
        endings.push_back(ending_of(row, Outcome::released, nullptr));
    }
    const auto settled = jobs::settle(endings).endings;
    return static_cast<std::int32_t>(
        std::ranges::count(settled, jobs::Answer::ok, &jobs::Settled::answer));
}

}  // namespace ideamine::workers
