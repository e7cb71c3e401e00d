#include "jobs/requeue_store.hpp"

#include "ideamine/pg/random.hpp"
#include "jobs/job_request.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/preempted_store.hpp"
#include "jobs/publish_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement find_jobs{
    "SELECT n.position::integer - 1, j.ctid, j.epoch, j.running, j.attempt, j.max_retries,"
    "  j.retry_base, j.retry_factor, j.retry_cap, j.asked_to_stop, j.preemption_reason"
    " FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS n (tenant_id, job_id, position)"
    " CROSS JOIN LATERAL ("
    "  SELECT ctid, epoch, status = 'running' AS running, attempt, max_retries,"
    "   retry_base, retry_factor,"
    "   retry_cap, $[1.2 stop_by IS NOT NULL AS asked_to_stop, preemption_reason"
    "   $| false AS asked_to_stop, NULL::text AS preemption_reason$]"
    "  FROM ideamine.jobs WHERE job_id = n.job_id AND tenant_id = n.tenant_id OFFSET 0) AS j"};

constinit pg::Statement end_attempts{
    "WITH ended AS ("
    "  UPDATE ideamine.jobs j SET status = e.status::ideamine.job_status,"
    "   attempt = j.attempt - e.given_back,"
    "   run_at = coalesce(e.run_at, j.run_at),"
    "   ready_at = CASE WHEN e.run_at IS NULL AND e.status <> 'preempted' THEN j.ready_at END,"
    "   finished_at = CASE WHEN e.status = 'failed' THEN $10 END,"
    "   last_error = coalesce(e.error, j.last_error),"
    "   checkpoint = coalesce(e.checkpoint, j.checkpoint)"
    "   $[1.2 , checkpoint_at = CASE WHEN e.checkpoint IS NULL THEN j.checkpoint_at ELSE $10 END,"
    "   stop_by = NULL, preemptions = j.preemptions + e.counted,"
    "   preempted_at = CASE WHEN e.status = 'preempted' THEN $10 ELSE j.preempted_at END,"
    "   preemption_reason = coalesce(e.reason, j.preemption_reason),"
    "   closed = CASE WHEN e.status = 'preempted' AND e.counted = 0 THEN true END$]"
    "  FROM unnest($1::integer[], $2::tid[], $3::bigint[], $4::jsonb[], $5::text[], $6::text[],"
    "   $7::integer[], $8::timestamptz[], $9::text[], $11::text[], $12::integer[])"
    "   AS e (position, tid, epoch, checkpoint, outcome, status, given_back, run_at, error,"
    "    reason, counted)"
    "  WHERE j.ctid = e.tid AND j.epoch = e.epoch AND j.status = 'running'"
    "  RETURNING e.position, j.tenant_id, j.job_id, j.epoch, j.worker_id, j.started_at, e.outcome,"
    "   e.error, j.attempt + e.given_back AS attempt,"
    "   $[1.1 j.quorum_of$| NULL::uuid AS quorum_of$], " IDEAMINE_HOLDINGS("j") ","
    "   j.ctid, j.priority_class, $[1.2 j.inherited_class, $]j.required_capabilities, j.status,"
    "   j.ready_at),"
    " recorded AS ("
    "  INSERT INTO ideamine.ended_attempts"
    "   (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome, error)"
    "  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, $10,"
    "   outcome::ideamine.attempt_outcome, error FROM ended)"
    " SELECT position, quorum_of, status::text, " IDEAMINE_HELD ", " IDEAMINE_READY("ended")
    " FROM ended",
    pg::Statement::Kind::writes_by_tid};

const char* status_after(Fate::Kind kind) {
    switch (kind) {
        case Fate::Kind::dead:
            return "failed";
        case Fate::Kind::aside:
            return "preempted";
        case Fate::Kind::ready:
        case Fate::Kind::delayed:
            break;
    }
    return "pending";
}

}  // namespace

Requeueing::Requeueing(Time now) : now_(now), platform_(platform_retry_policy()) {}

pg::Rows Requeueing::look_up(const JobRefs& jobs) {
    return find_jobs.execute(jobs.tenants, jobs.jobs);
}

// Who was asked to stop and hands the job back has given way.
Outcome Requeueing::outcome_of(const Ending& ending, const pg::Row& job) {
    return ending.outcome == Outcome::released && job.get<bool>(9) ? Outcome::preempted
                                                                   : ending.outcome;
}

Settled Requeueing::decide(std::size_t position, const Ending& ending, const pg::Row& job) {
    if (judge(job.get<bool>(3), job.get<Epoch>(2), ending.lease.epoch) == Verdict::stale) {
        return {.answer = Answer::stale};
    }
    Settled settled;
    if (ending.outcome == Outcome::completed) {
        return settled;
    }
    const auto outcome = outcome_of(ending, job);
    const auto attempt = job.get<std::int32_t>(4);
    const auto policy = retry_policy(job.optional<std::int32_t>(5), job.optional<Duration>(6),
                                     job.optional<double>(7), job.optional<Duration>(8), platform_);
    const auto fate = decide_fate(outcome, policy, attempt, ending.retryable, ending.retry_after,
                                  pg::random_unit());
    settled.status = status_after(fate.kind);
    const bool is_retried = fate.kind == Fate::Kind::ready || fate.kind == Fate::Kind::delayed;
    settled.retry_at = is_retried ? std::optional{now_ + fate.delay} : std::nullopt;
    settled.retries_left =
        fate.kind == Fate::Kind::dead
            ? 0
            : std::max(policy.max_retries + (fate.attempt_counts ? 1 : 2) - attempt, 0);
    positions_.push_back(static_cast<std::int32_t>(position));
    tids_.push_back(job.get<pg::Tid>(1));
    epochs_.push_back(ending.lease.epoch);
    checkpoints_.push_back(ending.data);
    outcomes_.push_back(to_string(outcome));
    statuses_.push_back(settled.status);
    given_back_.push_back(fate.attempt_counts ? 0 : 1);
    run_at_.push_back(fate.delay > Duration::zero() ? settled.retry_at : std::nullopt);
    errors_.push_back(ending.error);
    const bool gives_way = outcome == Outcome::preempted;
    const auto reason =
        ending.preemption_reason ? ending.preemption_reason : job.optional<std::string>(10);
    reasons_.push_back(gives_way ? reason : std::nullopt);
    counted_.push_back(gives_way && !is_for_closing(reason) ? 1 : 0);
    return settled;
}

std::vector<Requeued> Requeueing::write() const {
    if (tids_.empty()) {
        return {};
    }
    const auto rows =
        end_attempts.execute(positions_, tids_, epochs_, checkpoints_, outcomes_, statuses_,
                             given_back_, run_at_, errors_, now_, reasons_, counted_);
    publish_ready(rows, 3 + held_columns);
    std::vector<Requeued> requeued;
    for (const pg::Row row : rows) {
        requeued.push_back({.position = static_cast<std::size_t>(row.get<std::int32_t>(0)),
                            .status = row.get<std::string>(2),
                            .quorum_of = row.optional<Uuid>(1),
                            .holding = Released::read_holding(row, 3)});
    }
    return requeued;
}

}  // namespace ideamine::jobs
