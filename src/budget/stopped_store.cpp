#include "budget/stopped_store.hpp"

#include "ideamine/pg/random.hpp"

namespace ideamine::budget {

namespace {

constinit pg::Statement tell_of_each{
    "INSERT INTO ideamine.events (event_id, tenant_id, event_type, payload, created_at)"
    " SELECT s.event_id, s.tenant_id, 'preempt-for-budget', jsonb_strip_nulls(jsonb_build_object("
    "  'job_id', s.job_id, 'run_id', s.run_id, 'epoch', s.epoch, 'priority_class',"
    "  s.priority_class, 'budget_event', b.event_id, 'scope', b.scope, 'scope_id', b.scope_id,"
    "  'period', b.period, 'threshold', b.threshold)), $8"
    " FROM ideamine.budget_events b, unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[],"
    "  $6::bigint[], $7::text[]) AS s (event_id, tenant_id, job_id, run_id, epoch, priority_class)"
    " WHERE b.event_id = $1"};

constinit pg::Statement count_them{
    "UPDATE ideamine.budget_events SET tasks_affected = tasks_affected + $2 WHERE event_id = $1"};

}  // namespace

void note_stopped(const Uuid& decision, const std::vector<priority::Victim>& victims) {
    std::vector<Uuid> events;
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;
    std::vector<std::optional<Uuid>> runs;
    std::vector<jobs::Epoch> epochs;
    std::vector<const char*> classes;
    for (const auto& victim : victims) {
        events.push_back(pg::make_uuid());
        tenants.push_back(victim.tenant);
        jobs.push_back(victim.job);
        runs.push_back(victim.run);
        epochs.push_back(victim.epoch);
        classes.push_back(jobs::to_string(victim.attempt.priority_class));
    }
    tell_of_each.execute(decision, events, tenants, jobs, runs, epochs, classes, pg::now());
    count_them.execute(decision, static_cast<std::int32_t>(victims.size()));
}

}  // namespace ideamine::budget
