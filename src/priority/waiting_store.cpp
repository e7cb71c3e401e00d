#include "priority/waiting_store.hpp"

#include "dispatch/heads_shared.hpp"
#include "dispatch/running.hpp"
#include "jobs/closings_store.hpp"
#include "jobs/load_store.hpp"
#include "jobs/money_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/released_store.hpp"
#include "jobs/served_class.hpp"
#include "priority/priority_settings.hpp"

namespace ideamine::priority {

namespace {

using Kind = pg::Statement::Kind;

// Which worker may take a vote depends on who has voted, so that nobody gives way to one.
constinit pg::Statement find_waiting{
    "SELECT j.tenant_id, j.job_id, " IDEAMINE_SERVED_AS("j") "::text,"
    "  j.required_capabilities::text, j.run_id, j.needs, j.project_id"
    " FROM (SELECT DISTINCT tenant_id, job_id"
    "   FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)) AS n"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id AND status::text = 'pending'"
    "   AND ready_at IS NOT NULL AND needs IS NOT NULL"
    "   AND least(priority_class, inherited_class) <= 'P1'"
    "   AND quorum_of IS NULL OFFSET 0) AS j"
    " WHERE NOT EXISTS (SELECT FROM ideamine.held_room h"
    "   WHERE h.job_id = j.job_id AND h.tenant_id = j.tenant_id OFFSET 0)"
    "  AND NOT EXISTS (SELECT FROM ideamine.paused_queues q"
    "   WHERE q.tenant_id = j.tenant_id AND q.queue = j.queue OFFSET 0)"
    "  AND NOT EXISTS (SELECT FROM ideamine.preemption_history p"
    "   WHERE p.asked_at > greatest($3, j.started_at) AND p.beneficiary = j.job_id OFFSET 0)"
    "  AND (j.concurrency_key IS NULL OR j.concurrency_limit > (SELECT count(*)"
    "   FROM ideamine.jobs k WHERE k.tenant_id = j.tenant_id AND k.held_key = j.concurrency_key))"
    " ORDER BY " IDEAMINE_SERVED_AS("j") ", j.ready_at, j.job_id LIMIT 1000",
    Kind::reads_latest};

constinit pg::Statement lock_waiting{
    "SELECT FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2 AND status::text = 'pending'"
    " AND ready_at IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED"};

// Another round may have held it since this one began.
constinit pg::Statement find_held_room{
    "SELECT FROM ideamine.held_room WHERE tenant_id = $1 AND job_id = $2", Kind::reads_latest};

constinit pg::Statement find_worker{
    "SELECT FROM ideamine.workers w WHERE w.status IN ('active', 'degraded')"
    " AND $1::text::text[] <@ w.capabilities AND (w.tenants IS NULL OR $2 = ANY (w.tenants))"
    " AND (w.capacity IS NULL OR w.capacity > (SELECT count(*) FROM " IDEAMINE_RUNNING(
        "w.worker_id") " WHERE j.status = 'running' AND j.worker_id = w.worker_id"
                       "  AND j.job_id <> ALL ($3))) LIMIT 1",
    Kind::walks};

}  // namespace

std::vector<Waiting> list_waiting(Time now) {
    jobs::load_if_due(dispatch::shared::Found::enough);
    const auto first = dispatch::shared::first_in_line(
        jobs::counted_mark, static_cast<std::uint8_t>(jobs::PriorityClass::p1));
    std::vector<Waiting> waiting;
    const auto since = saturating_add(now, -limits().cooldown);
    for (const pg::Row row : find_waiting.execute(first.tenants, first.jobs, since)) {
        waiting.push_back({.tenant = row.get<std::string>(0),
                           .job = row.get<Uuid>(1),
                           .priority_class = jobs::parse_priority_class(row.get<std::string>(2)),
                           .demand = jobs::Released::read_demand(row, 4),
                           .requirements = row.get<std::string>(3),
                           .project = row.optional<std::string>(6)});
    }
    return waiting;
}

bool try_lock_waiting(const Waiting& waiting) {
    return !lock_waiting.execute(waiting.tenant, waiting.job).empty() &&
           find_held_room.execute(waiting.tenant, waiting.job).empty();
}

std::optional<std::string> why_not_handed_out(const Waiting& waiting, Time now) {
    const auto closed = jobs::list_closed(waiting.tenant, waiting.job, now);
    if (!closed.empty()) {
        return closed.front().explanation;
    }
    const auto cost = waiting.demand.needs[quota::Resource::cost];
    const auto* keeper = jobs::money_keeper();
    return cost == 0 || keeper == nullptr ? std::nullopt
                                          : keeper->obstacle({.tenant = waiting.tenant,
                                                              .job = waiting.job,
                                                              .run = waiting.demand.run,
                                                              .project = waiting.project,
                                                              .amount = cost});
}

bool has_worker_for(const Waiting& waiting, const std::vector<Uuid>& giving_way) {
    return !find_worker.execute(waiting.requirements, waiting.tenant, giving_way).empty();
}

}  // namespace ideamine::priority
