#include "priority/preempt_store.hpp"

#include "ideamine/pg/random.hpp"
#include "jobs/released_store.hpp"
#include "jobs/stop_notices_store.hpp"

namespace ideamine::priority {

namespace {

constinit pg::Statement lock_job{
    "SELECT " IDEAMINE_VICTIM
    " FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = $2 AND status::text = 'running' FOR NO KEY UPDATE"};

constinit pg::Statement lock_jobs{
    "SELECT v.* FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS n (tenant_id, job_id, epoch)"
    " CROSS JOIN LATERAL (SELECT " IDEAMINE_VICTIM
    " FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id AND epoch = n.epoch"
    "   AND status::text = 'running' AND stop_by IS NULL FOR NO KEY UPDATE SKIP LOCKED) AS v"};

// Who is being reported on at this moment need not be made to stop.
constinit pg::Statement lock_after_grace{
    "SELECT " IDEAMINE_VICTIM
    " FROM ideamine.jobs WHERE stop_by <= $1 AND status::text = 'running'"
    " ORDER BY stop_by LIMIT 10000 FOR NO KEY UPDATE SKIP LOCKED"};

// The decision for which a lease was asked to end stays as it is.
constinit pg::Statement note_decision{
    "INSERT INTO ideamine.preemption_history (job_id, epoch, asked_at, beneficiary, run_id,"
    "  priority_class, resource_type, threshold, utilization, tenant_id, reason, metadata)"
    " SELECT v.job_id, v.epoch, $6, $7, v.run_id, v.priority_class::ideamine.priority_class,"
    "  $8::text::ideamine.resource, $9, $10, v.tenant_id, $11,"
    "  jsonb_strip_nulls(jsonb_build_object('grace', $12))"
    " FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[])"
    "  AS v (tenant_id, job_id, epoch, run_id, priority_class)"
    " ON CONFLICT (job_id, epoch, tenant_id) DO NOTHING"};

constinit pg::Statement set_stop_by{
    "UPDATE ideamine.jobs j SET stop_by = least(j.stop_by, $2), preemption_reason = $3"
    " FROM unnest($1) AS victim (tid) WHERE j.ctid = victim.tid",
    pg::Statement::Kind::writes_by_tid};

constinit pg::Statement note_failures{
    "INSERT INTO ideamine.events (event_id, tenant_id, event_type, payload, created_at)"
    " SELECT f.event_id, f.tenant_id, 'task-failed', jsonb_strip_nulls(jsonb_build_object("
    "  'job_id', f.job_id, 'run_id', f.run_id, 'epoch', f.epoch, 'reason', 'max_preemptions')), $6"
    " FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[])"
    "  AS f (event_id, tenant_id, job_id, run_id, epoch)"};

// As columns of a statement.
struct Columns {
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;
    std::vector<jobs::Epoch> epochs;
    std::vector<std::optional<Uuid>> runs;
    std::vector<const char*> classes;
    std::vector<pg::Tid> tids;

    explicit Columns(const std::vector<Victim>& victims) {
        for (const auto& victim : victims) {
            tenants.push_back(victim.tenant);
            jobs.push_back(victim.job);
            epochs.push_back(victim.epoch);
            runs.push_back(victim.run);
            classes.push_back(jobs::to_string(victim.attempt.priority_class));
            tids.push_back(victim.tid);
        }
    }
};

void tell_workers(const std::vector<Victim>& victims, Time now) {
    jobs::StopNotices notices;
    for (const auto& victim : victims) {
        notices.add(victim.worker, victim.tenant, victim.job, victim.epoch, "preempted");
    }
    notices.send(jobs::StopNotices::To::those_who_may_hear, now);
}

void note(const Columns& victims, const Cause& cause, Time now,
          std::optional<Duration> grace = {}) {
    const auto resource = cause.resource ? std::optional{to_string(*cause.resource)} : std::nullopt;
    note_decision.execute(victims.tenants, victims.jobs, victims.epochs, victims.runs,
                          victims.classes, now, cause.beneficiary, resource, cause.threshold,
                          cause.utilization, cause.reason, grace);
}

std::vector<jobs::Ending> endings_of(const std::vector<Victim>& victims,
                                     const jobs::Ending& ending) {
    std::vector<jobs::Ending> endings(victims.size(), ending);
    for (std::size_t i = 0; i < victims.size(); ++i) {
        endings[i].lease = {victims[i].tenant, victims[i].job, victims[i].epoch};
    }
    return endings;
}

void note_max_preemptions(const std::vector<Victim>& victims) {
    const Columns columns{victims};
    const auto now = pg::now();
    tell_workers(victims, now);
    std::vector<Uuid> events;
    std::ranges::generate_n(std::back_inserter(events), static_cast<std::ptrdiff_t>(victims.size()),
                            pg::make_uuid);
    note_failures.execute(events, columns.tenants, columns.jobs, columns.runs, columns.epochs, now);
}

jobs::Ending failed_at_limit() {
    return {.lease = {},
            .outcome = jobs::Outcome::failed,
            .error = "max_preemptions: it gave way as often as it may",
            .retryable = false};
}

}  // namespace

Victim read_victim(const pg::Row& row) {
    return {.tenant = row.get<std::string>(0),
            .job = row.get<Uuid>(1),
            .epoch = row.get<std::int64_t>(2),
            .worker = row.optional<Uuid>(3),
            .run = row.optional<Uuid>(4),
            .tid = row.get<pg::Tid>(5),
            .attempt = {.priority_class = jobs::parse_priority_class(row.get<std::string>(6)),
                        .preemptions = row.get<std::int32_t>(7),
                        .resumed_at = row.optional<Time>(8),
                        .started_at = row.optional<Time>(9).value_or(Time::min())},
            .needs = jobs::Released::demand_of({}, row.optional<pg::Json>(10)).needs};
}

std::optional<Victim> lock_running(const std::string& tenant, const Uuid& job) {
    const auto rows = lock_job.execute(tenant, job);
    return rows.empty() ? std::nullopt : std::optional{read_victim(rows[0])};
}

std::vector<Victim> try_lock_running(const std::vector<std::string>& tenants,
                                     const std::vector<Uuid>& jobs,
                                     const std::vector<jobs::Epoch>& epochs) {
    std::vector<Victim> victims;
    for (const pg::Row row : lock_jobs.execute(tenants, jobs, epochs)) {
        victims.push_back(read_victim(row));
    }
    return victims;
}

void preempt(const std::vector<Victim>& victims, const Cause& cause,
             const std::optional<pg::Json>& checkpoint) {
    if (victims.empty()) {
        return;
    }
    const auto now = pg::now();
    note(Columns{victims}, cause, now);
    tell_workers(victims, now);
    jobs::settle(endings_of(victims, {.lease = {},
                                      .outcome = jobs::Outcome::preempted,
                                      .preemption_reason = cause.reason,
                                      .data = checkpoint}));
}

void Decisions::preempt(const std::vector<Victim>& victims, const Cause& cause) {
    if (victims.empty()) {
        return;
    }
    const auto now = pg::now();
    note(Columns{victims}, cause, now);
    tell_workers(victims, now);
    const auto more = endings_of(
        victims,
        {.lease = {}, .outcome = jobs::Outcome::preempted, .preemption_reason = cause.reason});
    endings_.insert(endings_.end(), more.begin(), more.end());
}

void Decisions::fail(const std::vector<Victim>& victims) {
    if (victims.empty()) {
        return;
    }
    note_max_preemptions(victims);
    const auto more = endings_of(victims, failed_at_limit());
    endings_.insert(endings_.end(), more.begin(), more.end());
}

void Decisions::end_leases() const {
    jobs::settle(endings_);
}

void ask_to_stop(const std::vector<Victim>& victims, const Cause& cause, Time stop_by) {
    if (victims.empty()) {
        return;
    }
    const Columns columns{victims};
    const auto now = pg::now();
    note(columns, cause, now, stop_by - now);
    tell_workers(victims, now);
    set_stop_by.execute(columns.tids, stop_by, cause.reason);
}

void fail_at_limit(const std::vector<Victim>& victims) {
    Decisions decisions;
    decisions.fail(victims);
    decisions.end_leases();
}

std::int64_t end_graces(Time at) {
    std::vector<Victim> victims;
    for (const pg::Row row : lock_after_grace.execute(at)) {
        victims.push_back(read_victim(row));
    }
    if (!victims.empty()) {
        // why they were asked stands in their rows and in history
        jobs::settle(endings_of(victims, {.lease = {}, .outcome = jobs::Outcome::preempted}));
    }
    return static_cast<std::int64_t>(victims.size());
}

}  // namespace ideamine::priority
