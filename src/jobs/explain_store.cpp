#include "jobs/explain_store.hpp"

#include "jobs/read_store.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// Counting who is ahead stops here: beyond it, the exact number helps nobody.
#define IDEAMINE_MOST_AHEAD "10000"

constinit pg::Statement list_reasons{
    "WITH j AS (SELECT * FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2)"
    " SELECT 'ended', format('it is %s since %s', status, finished_at), NULL::uuid,"
    "  NULL::timestamptz FROM j WHERE status IN ('completed', 'failed', 'cancelled')"
    " UNION ALL"
    " SELECT 'running', format('worker %s runs attempt %s', worker_id, attempt), NULL,"
    "  greatest(started_at, (SELECT last_heartbeat_at FROM ideamine.workers w"
    "   WHERE w.worker_id = j.worker_id)) + lease"
    " FROM j WHERE status = 'running'"
    " UNION ALL"
    " SELECT 'dependency', CASE WHEN p.status IN ('failed', 'cancelled')"
    "   THEN format('it depends on %s %s, which is %s: it stays blocked', p.job_type, p.job_id,"
    "    p.status)"
    "   ELSE format('it depends on %s %s, which is %s', p.job_type, p.job_id, p.status) END,"
    "  p.job_id, NULL"
    " FROM j JOIN ideamine.job_dependencies d ON d.job_id = j.job_id AND d.tenant_id = $1"
    " JOIN ideamine.jobs p ON p.job_id = d.depends_on AND p.tenant_id = $1"
    " WHERE j.status = 'blocked' AND p.status <> 'completed'"
    "  AND (p.status NOT IN ('failed', 'cancelled') OR d.on_failure = 'blocked')"
    " UNION ALL"
    " SELECT 'quorum', format('%s of its %s votes have to agree, %s are given', quorum,"
    "   (SELECT count(*) FROM ideamine.jobs v WHERE v.quorum_of = $2 AND v.tenant_id = $1),"
    "   (SELECT count(*) FROM ideamine.jobs v WHERE v.quorum_of = $2 AND v.tenant_id = $1"
    "    AND v.status = 'completed')), NULL, NULL"
    " FROM j WHERE status = 'blocked' AND quorum IS NOT NULL"
    " UNION ALL"
    " SELECT 'concurrency', format('%s jobs with concurrency key \"%s\" are running, and at most %s"
    " may', h.running, concurrency_key, concurrency_limit), NULL, NULL"
    " FROM j CROSS JOIN LATERAL (SELECT count(*) AS running FROM ideamine.jobs h"
    "  WHERE h.tenant_id = $1 AND h.concurrency_key = j.concurrency_key"
    "   AND h.status = 'running') AS h"
    " WHERE concurrency_key IS NOT NULL AND (status = 'blocked' AND ready_at IS NOT NULL"
    "  OR status = 'pending' AND h.running >= concurrency_limit)"
    " UNION ALL"
    " SELECT 'queue_paused', format('its queue \"%s\" is paused since %s', j.queue, q.paused_at)"
    "   || coalesce(': ' || q.reason, ''), NULL, NULL"
    " FROM j JOIN ideamine.paused_queues q ON q.tenant_id = $1 AND q.queue = j.queue"
    " WHERE j.status IN ('pending', 'paused', 'blocked')"
    " UNION ALL"
    " SELECT 'scheduled', format('it is not to be run before %s', run_at), NULL, run_at"
    " FROM j WHERE status IN ('pending', 'blocked', 'paused') AND run_at > $3"
    " UNION ALL"
    " SELECT 'no_worker', CASE required_capabilities WHEN '{}'"
    "   THEN 'no active worker takes jobs of its tenant'"
    "   ELSE format('no active worker can do what it requires: %s',"
    "    array_to_string(required_capabilities, ', ')) END, NULL, NULL"
    " FROM j WHERE status IN ('pending', 'blocked', 'paused') AND quorum IS NULL"
    "  AND NOT EXISTS (SELECT FROM ideamine.workers w WHERE w.status IN ('active', 'degraded')"
    "   AND j.required_capabilities <@ w.capabilities"
    "   AND (w.tenants IS NULL OR $1 = ANY (w.tenants)))"
    " UNION ALL"
    " SELECT 'in_line', CASE a.ahead WHEN 0 THEN 'it is the next one of its tenant and class'"
    "   WHEN " IDEAMINE_MOST_AHEAD " THEN 'at least " IDEAMINE_MOST_AHEAD
    " jobs of its tenant and class are ready longer'"
    "   ELSE format('%s jobs of its tenant and class are ready longer', a.ahead) END, NULL, NULL"
    " FROM j CROSS JOIN LATERAL (SELECT count(*) AS ahead FROM (SELECT FROM ideamine.jobs o"
    "  WHERE o.status = 'pending' AND o.ready_at IS NOT NULL"
    "   AND o.required_capabilities = j.required_capabilities"
    "   AND o.priority_class = j.priority_class AND o.tenant_id = $1"
    "   AND (o.ready_at, o.job_id) < (j.ready_at, j.job_id)"
    "  LIMIT " IDEAMINE_MOST_AHEAD
    ") AS ahead) AS a"
    " WHERE j.status = 'pending' AND j.ready_at IS NOT NULL",
    Kind::reads};

}  // namespace

void explain(const std::string& tenant, const Uuid& job, pg::Returned& returned) {
    require_job(tenant, job);
    returned.add(list_reasons.execute(tenant, job, pg::now()));
}

}  // namespace ideamine::jobs
