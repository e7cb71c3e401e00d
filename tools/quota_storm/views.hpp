// What has to be true, as views in a schema of the storm's own.
#pragma once

namespace storm {

// Made by each storm, whether they are there or not.
inline constexpr auto make_views = R"(
CREATE SCHEMA IF NOT EXISTS storm;

-- bounded: nothing is recorded without being asked for, and limits stay. burst: what cpu and memory may reach of a limit.
CREATE TABLE IF NOT EXISTS storm.tenant (tenant_id text PRIMARY KEY, seed bigint, bounded boolean, burst numeric);

CREATE OR REPLACE VIEW storm.rules AS
  SELECT q.tenant_id, r.resource, r.max,
    CASE WHEN r.resource NOT IN ('tokens', 'cost') THEN '-infinity'
         WHEN q.time_zone_since > now() THEN date_trunc('day', now(), q.previous_time_zone)
         ELSE greatest(date_trunc('day', now(), q.time_zone), q.time_zone_since) END AS window_start
  FROM ideamine.tenant_quotas AS q, LATERAL (VALUES
    ('cpu', q.max_cpu_cores), ('memory', q.max_memory_gb), ('storage', q.max_storage_gb), ('tokens', q.max_tokens_per_day),
    ('cost', q.max_cost_per_day_usd), ('gpu', q.max_gpus), ('concurrent_runs', q.max_concurrent_runs)) AS r (resource, max);

-- What is committed: usage as it is recorded, and what running jobs hold.
CREATE OR REPLACE VIEW storm.recorded AS
  SELECT tenant_id, resource::text, window_start, amount FROM ideamine.tenant_usage
  WHERE recorded_at >= coalesce((SELECT rolled_up_to FROM ideamine_internal.usage_horizon), '-infinity')
  UNION ALL
  SELECT tenant_id, resource::text, window_start, amount FROM ideamine.tenant_usage_rollups
  UNION ALL
  SELECT j.tenant_id, n.key, '-infinity', n.value::numeric FROM ideamine.jobs AS j, jsonb_each_text(j.needs) AS n
  WHERE j.status = 'running'
  UNION ALL
  SELECT tenant_id, 'concurrent_runs', '-infinity', count(DISTINCT coalesce(run_id, job_id)) FROM ideamine.jobs
  WHERE status = 'running' GROUP BY tenant_id;

CREATE OR REPLACE VIEW storm.sums AS
  SELECT tenant_id, resource, window_start, sum(amount) AS sum FROM storm.recorded GROUP BY 1, 2, 3;

CREATE OR REPLACE VIEW storm.user_sums AS
  SELECT tenant_id, user_id, project_id, resource::text, window_start, sum(amount) AS sum
  FROM ideamine.user_usage GROUP BY 1, 2, 3, 4, 5;

-- More than the limit, or less than nothing: in counters, and in what is committed.
CREATE OR REPLACE VIEW storm.wrong_counters AS
  SELECT t.seed, t.tenant_id, resource::text, c.current, c."limit"
  FROM storm.tenant AS t, unnest(enum_range(NULL::ideamine.resource)) AS resource,
    LATERAL ideamine.check_quota(t.tenant_id, resource::text, 1) AS c
  WHERE t.bounded
    AND (c.current < 0 OR c.current > c."limit" * CASE WHEN resource IN ('cpu', 'memory') THEN t.burst ELSE 1 END)
  UNION ALL
  SELECT t.seed, t.tenant_id, 'tokens of ' || l.user_id, s.used_tokens, s.max_tokens_daily
  FROM storm.tenant AS t JOIN ideamine.user_quota_limits AS l USING (tenant_id),
    LATERAL ideamine.get_user_quota_status(l.tenant_id, l.user_id, l.project_id) AS s
  WHERE t.bounded AND (s.used_tokens < 0 OR s.used_tokens > s.max_tokens_daily
                       OR s.used_cost < 0 OR s.used_cost > s.max_cost_daily);

CREATE OR REPLACE VIEW storm.wrong_sums AS
  SELECT t.seed, t.tenant_id, s.resource, s.window_start, s.sum, r.max
  FROM storm.tenant AS t JOIN storm.sums AS s USING (tenant_id) JOIN storm.rules AS r USING (tenant_id, resource)
  WHERE t.bounded AND (s.sum < 0 OR s.sum > r.max * CASE WHEN resource IN ('cpu', 'memory') THEN t.burst ELSE 1 END)
  UNION ALL
  SELECT t.seed, t.tenant_id, s.resource || ' of ' || s.user_id, s.window_start, s.sum, m.max
  FROM storm.tenant AS t JOIN storm.user_sums AS s USING (tenant_id)
    JOIN ideamine.user_quota_limits AS l USING (tenant_id, user_id, project_id),
    LATERAL (SELECT CASE WHEN s.resource = 'tokens' THEN l.max_tokens_daily ELSE l.max_cost_daily END AS max) AS m
  WHERE t.bounded AND (s.sum < 0 OR s.sum > m.max);

-- When all is quiet: a counter that is not the sum of its rows to the last digit, or a limit that is not that of its tenant.
-- Of the audit: what is settled and what is leased, each beside what rows say.
CREATE OR REPLACE VIEW storm.differences AS
  SELECT r.tenant_id, r.resource, r.window_start, c.current, coalesce(s.sum, 0) AS sum, c."limit", r.max
  FROM storm.rules AS r LEFT JOIN storm.sums AS s USING (tenant_id, resource, window_start),
    LATERAL ideamine.check_quota(r.tenant_id, r.resource, 1) AS c
  WHERE r.tenant_id LIKE 'storm%' AND (c.current <> coalesce(s.sum, 0) OR c."limit" <> r.max)
  UNION ALL
  SELECT l.tenant_id, 'tokens of ' || l.user_id, r.window_start, u.used_tokens, coalesce(s.sum, 0), u.max_tokens_daily,
    l.max_tokens_daily
  FROM ideamine.user_quota_limits AS l JOIN storm.rules AS r USING (tenant_id)
    LEFT JOIN storm.user_sums AS s USING (tenant_id, user_id, project_id, resource, window_start),
    LATERAL ideamine.get_user_quota_status(l.tenant_id, l.user_id, l.project_id) AS u
  WHERE r.resource = 'tokens' AND (u.used_tokens <> coalesce(s.sum, 0) OR u.max_tokens_daily <> l.max_tokens_daily)
  UNION ALL
  SELECT format('%s counter of %s %s, %s held:', a.state, a.scope, a.id, a.held), a.resource::text, a.window_start,
    a.settled, a.ledger_settled, a.leased, a.ledger_leased
  FROM ideamine.audit_counters() AS a WHERE a.state <> 'ok';
)";

}  // namespace storm
