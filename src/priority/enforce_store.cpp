#include "priority/enforce_store.hpp"

#include "dispatch/leases_shared.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "jobs/leased_store.hpp"
#include "jobs/load_store.hpp"
#include "jobs/preempted_store.hpp"

namespace ideamine::priority {

namespace {

namespace plane = dispatch::shared;
using Kind = pg::Statement::Kind;

// A closing is new as long as its `stopping` is 0. What began before it was committed may still
// lease jobs of it: all that has an id of a transaction by now has one below this.
constinit pg::Statement begin_stopping{
    "UPDATE ideamine.closings SET stopping = pg_snapshot_xmax(pg_current_snapshot())"
    " WHERE stopping = '0'",
    Kind::writes_latest};

// One that is still to come was written by another server.
constinit pg::Statement list_stopping{
    "SELECT tenant_id, scope::text, scope_id, cause, classes::text[], reason, decision,"
    "  pg_snapshot_xmin(pg_current_snapshot()) >= stopping"
    "   OR pg_snapshot_xmax(pg_current_snapshot()) < stopping"
    " FROM ideamine.closings WHERE stopping IS NOT NULL ORDER BY closed_at",
    Kind::reads_latest};

constinit pg::Statement note_progress{
    "UPDATE ideamine.closings SET stopped = stopped + $5, set_aside = set_aside + $6,"
    "  stopping = CASE WHEN $7 THEN NULL ELSE stopping END"
    " WHERE tenant_id = $1 AND scope = $2::text::ideamine.job_scope AND scope_id = $3"
    "  AND cause = $4"};

// Those that still run by the leases that are known, as far as they belong to the closing.
#define IDEAMINE_BELONGS                                                                  \
    " AND (CASE $4 WHEN 'run' THEN run_id::text = $5 WHEN 'project' THEN project_id = $5" \
    "  ELSE true END)"                                                                    \
    " AND least(priority_class, inherited_class) = ANY ($6::text[]::ideamine.priority_class[])"

constinit pg::Statement lock_running{
    "SELECT j.* FROM unnest($1::uuid[], $2::bigint[]) AS n (job_id, epoch)"
    " CROSS JOIN LATERAL (SELECT " IDEAMINE_VICTIM
    " FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = $3 AND epoch = n.epoch"
    "   AND status::text = 'running'" IDEAMINE_BELONGS
    "  FOR NO KEY UPDATE SKIP LOCKED) AS j LIMIT $7"};

constinit pg::Statement has_running{
    "SELECT FROM unnest($1::uuid[], $2::bigint[]) AS n (job_id, epoch)"
    " CROSS JOIN LATERAL (SELECT FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = $3 AND epoch = n.epoch"
    "   AND status::text = 'running'" IDEAMINE_BELONGS " OFFSET 0) AS j LIMIT 1",
    Kind::reads_latest};

// Where shared memory does not know all that runs.
constinit pg::Statement list_running{
    "SELECT job_id, epoch FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND status = 'running'"
    "  AND least(priority_class, inherited_class) > 'P0'",
    Kind::walks};

constinit StoppedFor tell_of_stopped = nullptr;

struct Stopping {
    jobs::Closing closing;
    bool all_have_begun;  // whoever may have leased jobs before it was heard of has ended
};

Stopping read_stopping(const pg::Row& row) {
    Stopping stopping{
        .closing = {.tenant = row.get<std::string>(0),
                    .scope = row.get<std::string>(1),
                    .id = row.get<std::string>(2),
                    .cause = row.get<std::string>(3),
                    .classes = {},
                    .reason = row.get<std::string>(5) == jobs::run_paused ? jobs::run_paused
                                                                          : jobs::budget_exceeded,
                    .decision = row.optional<Uuid>(6)},
        .all_have_begun = row.get<bool>(7)};
    for (const auto& name : row.get<std::vector<std::string>>(4)) {
        stopping.closing.classes.insert(jobs::parse_priority_class(name));
    }
    return stopping;
}

struct Leases {
    std::vector<Uuid> jobs;
    std::vector<jobs::Epoch> epochs;
};

// Of a tenant, and of a run if that is what is closed.
Leases leases_of(const jobs::Closing& closing) {
    Leases leases;
    jobs::load_if_due(plane::Found::enough);
    const std::vector<std::string> tenants{closing.tenant};
    const auto known =
        plane::who_gives_way({.tenants = &tenants, .below = 0, .most = plane::most_leases()});
    if (!known.are_all_known) {
        for (const pg::Row row : list_running.execute(closing.tenant)) {
            leases.jobs.push_back(row.get<Uuid>(0));
            leases.epochs.push_back(row.get<jobs::Epoch>(1));
        }
        return leases;
    }
    const auto run = closing.scope == "run" ? jobs::hash_of_run(*parse_uuid(closing.id)) : 0;
    for (const auto& [tenant, what] : known.jobs) {
        const auto priority_class = static_cast<jobs::PriorityClass>(what.priority_class);
        if (closing.classes.contains(priority_class) && (run == 0 || what.run == run)) {
            leases.jobs.push_back(what.job);
            leases.epochs.push_back(what.epoch);
        }
    }
    return leases;
}

std::vector<std::string> stopped_classes(const jobs::Closing& closing) {
    std::vector<std::string> names;
    for (const auto priority_class : closing.classes - jobs::ClassSet{jobs::PriorityClass::p0}) {
        names.emplace_back(jobs::to_string(priority_class));
    }
    return names;
}

// Returns how many jobs it has stopped or set aside.
std::int64_t enforce(const Stopping& stopping, std::int64_t most) {
    const auto& closing = stopping.closing;
    const auto aside = closing.scope == "run"
                           ? jobs::set_aside_run(closing.tenant, closing.id, closing.classes, most)
                           : 0;
    const auto leases = leases_of(closing);
    const auto classes = stopped_classes(closing);
    std::vector<Victim> victims;
    for (const pg::Row row : lock_running.execute(leases.jobs, leases.epochs, closing.tenant,
                                                  closing.scope, closing.id, classes, most)) {
        victims.push_back(read_victim(row));
    }
    preempt(victims, {.reason = std::string{closing.reason}});
    pg::fault_point("closings.stopped");
    if (closing.decision && !victims.empty() && tell_of_stopped != nullptr) {
        tell_of_stopped(*closing.decision, victims);
    }
    const auto stopped = static_cast<std::int64_t>(victims.size());
    const bool is_done =
        stopped == 0 && aside == 0 && stopping.all_have_begun &&
        has_running
            .execute(leases.jobs, leases.epochs, closing.tenant, closing.scope, closing.id, classes)
            .empty();
    if (is_done || stopped > 0 || aside > 0) {
        note_progress.execute(closing.tenant, closing.scope, closing.id, closing.cause,
                              static_cast<std::int32_t>(stopped), static_cast<std::int32_t>(aside),
                              is_done);
    }
    return stopped + aside;
}

}  // namespace

std::int64_t enforce_closings(std::int64_t most) {
    begin_stopping.execute();
    std::vector<Stopping> all;
    for (const pg::Row row : list_stopping.execute()) {
        all.push_back(read_stopping(row));
    }
    std::int64_t done = 0;
    for (const auto& stopping : all) {
        pg::check_interrupts();
        if (done < most) {
            done += enforce(stopping, most - done);
        }
    }
    return done;
}

void when_stopped(StoppedFor tell) {
    tell_of_stopped = tell;
}

}  // namespace ideamine::priority
