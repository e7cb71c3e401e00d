#include "jobs/explain_store.hpp"

#include "dispatch/heads_shared.hpp"
#include "dispatch/loading_shared.hpp"
#include "jobs/closings_store.hpp"
#include "jobs/load_store.hpp"
#include "jobs/money_store.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/read_store.hpp"
#include "jobs/released_store.hpp"
#include "jobs/served_class.hpp"
#include "quota/shortages_store.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// Counting who is ahead stops here: beyond it, the exact number helps nobody.
#define IDEAMINE_MOST_AHEAD "10000"

#define IDEAMINE_EXPLAINED                                                                         \
    "job_id, status, finished_at, worker_id, attempt, started_at, lease, ready_at, run_at, queue," \
    " concurrency_key, concurrency_limit, required_capabilities, quorum$[1.2 , "                   \
    "preemption_reason$]"

// A job on which workers vote waits for what its votes wait for (w).
constinit pg::Statement list_reasons{
    "WITH RECURSIVE j AS ("
    "  SELECT " IDEAMINE_EXPLAINED
    " FROM ideamine.$[1.2 v_jobs$| jobs$]"
    "  WHERE tenant_id = $1 AND job_id = $2),"
    " w AS ("
    "  SELECT * FROM j WHERE quorum IS NULL"
    "  UNION ALL"
    "  (SELECT v.* FROM j CROSS JOIN LATERAL (SELECT " IDEAMINE_EXPLAINED
    " FROM ideamine.jobs"
    "    WHERE quorum_of = j.job_id AND tenant_id = $1 OFFSET 0) AS v"
    "   WHERE v.status IN ('pending', 'blocked', 'paused') ORDER BY v.job_id LIMIT 1)),"
    " paused AS (SELECT * FROM ideamine.paused_queues WHERE tenant_id = $1)"
    " SELECT 'ended', format('it is %s since %s', status, finished_at), NULL::uuid,"
    "  NULL::timestamptz FROM j WHERE status IN ('completed', 'failed', 'cancelled')"
    " UNION ALL"
    " SELECT 'running', format('worker %s runs attempt %s', worker_id, attempt), NULL,"
    "  greatest(started_at, (SELECT"
    "    $[1.2 ideamine_internal.latest_possible_heartbeat(worker_id, last_heartbeat_at)"
    "    $| last_heartbeat_at$] FROM ideamine.workers w WHERE w.worker_id = j.worker_id)) + lease"
    " FROM j WHERE status = 'running'"
    " UNION ALL"
    " SELECT 'dependency', CASE WHEN p.status IN ('failed', 'cancelled')"
    "   THEN format('it depends on %s %s, which is %s: it stays blocked', p.job_type, p.job_id,"
    "    p.status)"
    "   ELSE format('it depends on %s %s, which is %s', p.job_type, p.job_id, p.status) END,"
    "  p.job_id, NULL"
    " FROM w JOIN ideamine.job_dependencies d ON d.job_id = w.job_id AND d.tenant_id = $1"
    " JOIN ideamine.$[1.2 v_jobs$| jobs$] p ON p.job_id = d.depends_on AND p.tenant_id = $1"
    " WHERE w.status = 'blocked' AND p.status <> 'completed'"
    "  AND (p.status NOT IN ('failed', 'cancelled') OR d.on_failure = 'blocked')"
    " UNION ALL"
    " SELECT 'dependency', format('it depends on %s, which retention has removed: unless that was"
    " completed, it stays blocked', d.depends_on), d.depends_on, NULL"
    " FROM w JOIN ideamine.job_dependencies d ON d.job_id = w.job_id AND d.tenant_id = $1"
    " WHERE w.status = 'blocked' AND d.on_failure = 'blocked' AND NOT EXISTS ("
    "  SELECT FROM ideamine.$[1.2 v_jobs$| jobs$] p"
    "  WHERE p.job_id = d.depends_on AND p.tenant_id = $1)"
    " UNION ALL"
    " SELECT 'quorum', format('%s of its %s votes have to agree, %s given so far', quorum,"
    "   (SELECT count(*) FROM ideamine.jobs v WHERE v.quorum_of = $2 AND v.tenant_id = $1),"
    "   (SELECT count(*) FROM ideamine.jobs v WHERE v.quorum_of = $2 AND v.tenant_id = $1"
    "    AND v.status = 'completed')), NULL, NULL"
    " FROM j WHERE status = 'blocked' AND quorum IS NOT NULL"
    " UNION ALL"
    " SELECT 'concurrency', format('its concurrency key \"%s\" is held by %s of at most %s jobs',"
    "   concurrency_key, h.running, concurrency_limit), NULL, NULL"
    " FROM w CROSS JOIN LATERAL (SELECT count(*) AS running FROM ideamine.jobs h"
    "  WHERE h.tenant_id = $1 AND $[1.2 h.held_key = w.concurrency_key$|"
    "   h.concurrency_key = w.concurrency_key AND h.status = 'running'$]) AS h"
    " WHERE concurrency_key IS NOT NULL AND (status = 'blocked' AND ready_at IS NOT NULL"
    "  OR status = 'pending' AND h.running >= concurrency_limit)"
    " UNION ALL"
    " SELECT 'queue_paused', format('its queue \"%s\" is paused since %s', j.queue, q.paused_at)"
    "   || coalesce(': ' || q.reason, ''), NULL, NULL"
    " FROM j JOIN paused q ON q.queue = j.queue"
    " WHERE j.status IN ('pending', 'paused', 'blocked')"
    " $[1.2 UNION ALL"
    " SELECT 'gave_way', format('it gave way: %s; it comes back by itself',"
    "   preemption_reason), NULL, NULL FROM j WHERE status = 'preempted'$]"
    " UNION ALL"
    " SELECT 'scheduled', format('it is not to be run before %s', run_at), NULL, run_at"
    " FROM j WHERE status IN ('pending', 'blocked', 'paused') AND run_at > $3"
    " UNION ALL"
    " SELECT 'no_worker', CASE required_capabilities WHEN '{}'"
    "   THEN 'no active worker takes jobs of its tenant'"
    "   ELSE format('no active worker can do what it requires: %s',"
    "    array_to_string(required_capabilities, ', ')) END, NULL, NULL"
    " FROM w AS n WHERE status IN ('pending', 'blocked', 'paused')"
    "  AND NOT EXISTS (SELECT FROM ideamine.workers w WHERE w.status IN ('active', 'degraded')"
    "   AND n.required_capabilities <@ w.capabilities"
    "   AND (w.tenants IS NULL OR $1 = ANY (w.tenants)))",
    Kind::reads};

// Of a job that has not ended. The first of those that wait for it, directly, with the class that
// it has from them.
constinit pg::Statement find_whom_it_inherits_from{
    "SELECT 'inherits', format('it is %s, and served as %s, which it inherits from a job that waits"
    " for it', j.priority_class, j.inherited_class), ("
    "  SELECT b.job_id FROM (SELECT job_id FROM ideamine.job_dependencies"
    "    WHERE depends_on = j.job_id AND tenant_id = $1 UNION ALL SELECT j.quorum_of) AS d"
    "  CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "    WHERE job_id = d.job_id AND tenant_id = $1 OFFSET 0) AS b"
    "  WHERE b.waits_for = 'jobs' AND " IDEAMINE_SERVED_AS("b") " = j.inherited_class"
    "  ORDER BY b.job_id LIMIT 1), NULL::timestamptz"
    " FROM ideamine.jobs j WHERE tenant_id = $1 AND job_id = $2"
    "  AND status NOT IN ('completed', 'failed', 'cancelled')"
    "  AND inherited_class < priority_class",
    Kind::reads};

// Of a job that could be handed out, how many of its tenant and class go first.
constinit pg::Statement find_place{
    "SELECT 'in_line', CASE a.ahead WHEN 0 THEN 'it is the next one of its tenant and class'"
    "   WHEN 1 THEN '1 job of its tenant and class is ready longer'"
    "   WHEN " IDEAMINE_MOST_AHEAD " THEN 'at least " IDEAMINE_MOST_AHEAD
    " jobs of its tenant and class are ready longer'"
    "   ELSE format('%s jobs of its tenant and class are ready longer', a.ahead) END"
    " FROM (SELECT *, coalesce(ready_at, run_at) AS since FROM ideamine.jobs"
    "   WHERE tenant_id = $1 AND job_id = $2) AS j"
    " CROSS JOIN LATERAL (SELECT count(*) AS ahead FROM ("
    "   SELECT FROM ideamine.jobs o"
    "   WHERE o.status = 'pending' AND (o.ready_at IS NOT NULL OR o.run_at <= $3)"
    "    AND o.tenant_id = $1 AND " IDEAMINE_SERVED_AS("o") " = " IDEAMINE_SERVED_AS("j")
    "    AND (coalesce(o.ready_at, o.run_at), o.job_id) < (j.since, j.job_id)"
    "    AND o.queue NOT IN (SELECT queue FROM ideamine.paused_queues WHERE tenant_id = $1)"
    "   LIMIT " IDEAMINE_MOST_AHEAD
    ") AS ahead) AS a"
    " WHERE j.status = 'pending' AND (j.ready_at IS NOT NULL OR j.run_at <= $3)"
    "  AND j.queue NOT IN (SELECT queue FROM ideamine.paused_queues WHERE tenant_id = $1)",
    Kind::walks};

// Of a job that could be handed out, if its tenant's quotas let it.
constinit pg::Statement find_demand{
    "SELECT " IDEAMINE_SERVED_AS("jobs") "::text, run_id, $[1.2 needs$| NULL::jsonb$], project_id"
    " FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = $2"
    "  AND (status::text = 'pending' AND ready_at IS NOT NULL OR status::text = 'preempted')",
    Kind::reads};

// Of a job with needs: who among these is handed out before it, and needs some of the same.
#define IDEAMINE_IN_LINE(alias)                                                                    \
    "(ideamine_internal.effective_class(" IDEAMINE_SERVED_AS(alias) "::text, " alias               \
                                                                    ".ready_at)"                   \
                                                                    ", " alias ".ready_at, " alias \
                                                                    ".job_id)"
constinit pg::Statement list_those_before{
    "SELECT o.job_id, o.run_id, o.needs, o.job_type"
    " FROM (SELECT * FROM ideamine.jobs WHERE job_id = $2 AND tenant_id = $1) AS j"
    " CROSS JOIN unnest($3::uuid[]) AS n (job_id)"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = $1 AND status::text = 'pending'"
    "   AND ready_at IS NOT NULL AND needs IS NOT NULL OFFSET 0) AS o"
    " WHERE " IDEAMINE_IN_LINE("o") " < " IDEAMINE_IN_LINE("j")
    "  AND o.needs ?| ARRAY(SELECT k FROM jsonb_object_keys(j.needs) k WHERE k <> 'cost')"
    "  AND NOT EXISTS (SELECT FROM ideamine.paused_queues q"
    "   WHERE q.tenant_id = $1 AND q.queue = o.queue OFFSET 0)"
    "  AND NOT EXISTS (SELECT FROM ideamine.held_room h"
    "   WHERE h.job_id = o.job_id AND h.tenant_id = $1 OFFSET 0)"
    " ORDER BY " IDEAMINE_IN_LINE("o"),
    Kind::reads};

constinit pg::Statement find_held_room{
    "SELECT 'room_held', format('room is held for it by policy %s', policy), NULL::uuid, expires_at"
    " FROM ideamine.held_room WHERE tenant_id = $1 AND job_id = $2",
    Kind::reads};

void explain_money(const MoneyNeed& need, pg::Returned& returned) {
    if (need.amount > 0 && money_keeper() != nullptr) {
        if (const auto obstacle = money_keeper()->obstacle(need)) {
            returned.add(std::string_view{"budget"}, *obstacle, std::optional<Uuid>{},
                         std::optional<Time>{});
        }
    }
}

void explain_closings(const std::string& tenant, const Uuid& job, Time now,
                      pg::Returned& returned) {
    if (quota::counts_leases()) {
        for (const auto& closed : list_closed(tenant, job, now)) {
            returned.add(std::string_view{"closed"}, closed.explanation, std::optional<Uuid>{},
                         closed.until);
        }
    }
}

// Those of the tenant that go first in their queues; a standby does not know.
std::vector<Uuid> heads_of(const std::string& tenant) {
    if (!dispatch::shared::is_available() || RecoveryInProgress()) {
        return {};
    }
    load_if_due(dispatch::shared::Found::enough);
    return dispatch::shared::first_in_line(counted_mark,
                                           static_cast<std::uint8_t>(PriorityClass::p3), &tenant)
        .jobs;
}

// Whom it does not pass: see Line of quota_gate_store.
void explain_line(const std::string& tenant, const Uuid& job, pg::Returned& returned) {
    for (const pg::Row row : list_those_before.execute(tenant, job, heads_of(tenant))) {
        if (quota::fit_of(tenant, Released::read_demand(row, 1).needs) == quota::Fit::later) {
            returned.add(std::string_view{"held_back"},
                         "job " + row.get<std::string>(3) +
                             " comes before it, needs some of the same, and finds no room",
                         std::optional{row.get<Uuid>(0)}, std::optional<Time>{});
            return;
        }
    }
}

void explain_quotas(const std::string& tenant, const Uuid& job, pg::Returned& returned) {
    const auto rows = find_demand.execute(tenant, job);
    if (rows.empty() || !quota::counts_leases()) {
        return;
    }
    if (const auto held = find_held_room.execute(tenant, job); !held.empty()) {
        returned.add(held);
        return;
    }
    const bool is_critical = rows[0].get<std::string>(0) == to_string(PriorityClass::p0);
    const auto throttling = is_critical ? quota::Throttling::ignored : quota::Throttling::honoured;
    const auto demand = Released::read_demand(rows[0], 1);
    explain_money({.tenant = tenant,
                   .job = job,
                   .run = demand.run,
                   .project = rows[0].optional<std::string>(3),
                   .amount = demand.needs[quota::Resource::cost]},
                  returned);
    const auto obstacles = quota::obstacles(tenant, demand, throttling);
    if (obstacles.empty() && !demand.needs.empty()) {
        explain_line(tenant, job, returned);
    }
    for (const auto& obstacle : obstacles) {
        returned.add(obstacle.until ? "throttled" : "quota", obstacle.explanation,
                     std::optional<Uuid>{}, obstacle.until);
    }
}

}  // namespace

void explain(const std::string& tenant, const Uuid& job, pg::Returned& returned) {
    require_job(tenant, job);
    const auto now = pg::now();
    explain_closings(tenant, job, now, returned);
    explain_quotas(tenant, job, returned);
    returned.add(list_reasons.execute(tenant, job, now));
    if (quota::counts_leases()) {
        returned.add(find_whom_it_inherits_from.execute(tenant, job));
    }
    returned.add(find_place.execute(tenant, job, now));
}

}  // namespace ideamine::jobs
