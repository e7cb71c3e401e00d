-- Taking, giving back, and what a rollback leaves: nothing.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.jobs, ideamine.job_dependencies;
TRUNCATE ideamine.tenant_usage, ideamine.tenant_usage_rollups, ideamine.quota_violations, ideamine.events;
SELECT ideamine.record_violations() IS NOT NULL AS emptied;
TRUNCATE ideamine.quota_violations, ideamine.events;

CREATE FUNCTION pg_temp.take(resource text, amount numeric, class text DEFAULT 'P2', tenant text DEFAULT 'acme')
RETURNS text LANGUAGE sql AS $$
  SELECT format('%s%s, %s of %s', CASE WHEN allowed THEN 'taken' ELSE reason END,
                CASE WHEN burst_allowed THEN ' as a burst' END, current, "limit")
  FROM ideamine.enforce_quota(tenant, resource, amount, priority_class => class)
$$;
CREATE FUNCTION pg_temp.used(resource text) RETURNS numeric LANGUAGE sql AS $$
  SELECT used FROM ideamine.get_tenant_usage('acme') AS u WHERE u.resource::text = $1
$$;
CREATE VIEW pg_temp.broken AS
  SELECT scope, id, resource, settled, leased, held, ledger_settled, ledger_leased FROM ideamine.audit_counters() WHERE state <> 'ok';
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.set_quotas('acme', max_cpu_cores => 10, max_memory_gb => 10, max_tokens_per_day => 1000, max_gpus => 2,
                           throttle_enabled => false);

-- Up to the limit, then for a time beyond it, and no further.
SELECT pg_temp.take('gpu', 1), pg_temp.take('gpu', 1), pg_temp.take('gpu', 1);
SELECT pg_temp.take('cpu', 9.5), pg_temp.take('cpu', 1), pg_temp.take('cpu', 1.5), pg_temp.take('cpu', 1.6);
-- When that time is over nothing passes the limit any more, and what is in use stays.
SELECT ideamine.set_quotas('acme', burst_seconds => 0);
SELECT pg_temp.take('cpu', 0.1);
-- Back under the limit, the next burst may begin.
SELECT ideamine.set_quotas('acme', burst_seconds => 300);
SELECT ideamine.release_quota('acme', 'cpu', 3), pg_temp.used('cpu');
SELECT pg_temp.take('cpu', 2.5);
SELECT * FROM pg_temp.broken;

-- A rollback gives back, at every depth.
BEGIN;
SELECT pg_temp.take('memory', 1);
SAVEPOINT a;
SELECT pg_temp.take('memory', 2);
SAVEPOINT b;
SELECT pg_temp.take('memory', 4);
RELEASE b;
SELECT pg_temp.used('memory');
ROLLBACK TO a;
SELECT pg_temp.used('memory');
SAVEPOINT c;
SELECT pg_temp.take('memory', 3);
RELEASE c;
SELECT pg_temp.used('memory');
COMMIT;
SELECT pg_temp.used('memory'), sum(amount) FROM ideamine.tenant_usage WHERE resource = 'memory';
BEGIN;
SELECT pg_temp.take('memory', 6);
ROLLBACK;
SELECT pg_temp.used('memory');
DO $$
BEGIN
  PERFORM pg_temp.take('memory', 6);
  RAISE EXCEPTION 'undone';
EXCEPTION WHEN raise_exception THEN
  NULL;
END
$$;
SELECT pg_temp.used('memory');

-- What is given back counts until the commit; a rollback keeps it.
BEGIN;
SELECT ideamine.release_quota('acme', 'memory', 3), pg_temp.used('memory');
ROLLBACK;
SELECT pg_temp.used('memory');
BEGIN;
SELECT pg_temp.take('memory', 1);
SELECT ideamine.release_quota('acme', 'memory', 5);
SELECT ideamine.release_quota('acme', 'memory', 1);
COMMIT;
SELECT pg_temp.used('memory'), sum(amount) FROM ideamine.tenant_usage WHERE resource = 'memory';
-- Never more than there is.
SELECT ideamine.release_quota('acme', 'memory', 1), ideamine.release_quota('acme', 'gpu', 100), pg_temp.used('gpu');
SELECT * FROM pg_temp.broken;

-- Several at once, or none of them.
SELECT resource, allowed, current, reason FROM ideamine.enforce_quotas('acme', '{"gpu": 1, "memory": 2.5, "tokens": 1000}');
SELECT resource, allowed, current, reason FROM ideamine.enforce_quotas('acme', '{"gpu": 1, "memory": 20, "tokens": 1}');
SELECT pg_temp.used('gpu'), pg_temp.used('memory'), pg_temp.used('tokens');

-- What was consumed is recorded whatever the limit says, and then nothing more is admitted.
SELECT ideamine.record_usage('acme', 'tokens', 500);
SELECT pg_temp.take('tokens', 1), pg_temp.used('tokens');
-- A limit below what is in use.
SELECT ideamine.set_quotas('acme', max_memory_gb => 1);
SELECT pg_temp.take('memory', 0.1);
SELECT ideamine.release_quota('acme', 'memory', 2);
SELECT pg_temp.take('memory', 0.5);

-- The record says what for.
SELECT pg_temp.take('gpu', 1);
SELECT allowed FROM ideamine.enforce_quota('acme', 'cpu', 0.25, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002');
SELECT ideamine.release_quota('acme', 'cpu', 0.25, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002');
SELECT resource, amount, window_start = '-infinity' AS gauge, run_id, job_id FROM ideamine.tenant_usage WHERE run_id IS NOT NULL ORDER BY amount;
SELECT DISTINCT window_start = date_trunc('day', now(), 'UTC') AS today FROM ideamine.tenant_usage WHERE resource = 'tokens';
-- default-tenant is made.
SELECT pg_temp.take('cpu', 1, tenant => NULL);
SELECT count(*) AS made FROM ideamine.tenants WHERE tenant_id = 'default-tenant';

-- Throttling begins with the crossing, spares P0, and is over when the crossing is undone.
SELECT ideamine.set_quotas('busy', max_tokens_per_day => 100, max_storage_gb => 10, max_cpu_cores => 10);
BEGIN;
SELECT pg_temp.take('tokens', 90, tenant => 'busy'), pg_temp.take('tokens', 1, tenant => 'busy');
ROLLBACK;
SELECT pg_temp.take('tokens', 89, tenant => 'busy'), pg_temp.take('tokens', 1, tenant => 'busy');
SELECT pg_temp.take('tokens', 1, tenant => 'busy'), pg_temp.take('cpu', 1, tenant => 'busy'), pg_temp.take('tokens', 1, 'P0', 'busy');
SELECT allowed, throttled_until > now() + interval '4 minutes' AS throttled, reason FROM ideamine.check_quota('busy', 'cpu', 1);
-- Storage does not throttle.
SELECT ideamine.set_quotas('store', max_storage_gb => 10);
SELECT pg_temp.take('storage', 9.5, tenant => 'store'), pg_temp.take('storage', 0.5, tenant => 'store');

-- What met a limit is recorded, repeats on one row, whatever became of the transaction.
BEGIN;
SELECT pg_temp.take('gpu', 5), pg_temp.take('gpu', 2), pg_temp.take('storage', 1, tenant => 'store');
ROLLBACK;
SELECT ideamine.record_violations();
SELECT tenant_id, resource, action, severity, asked, used, "limit", overage, percent, count
FROM ideamine.quota_violations ORDER BY tenant_id, resource, action;
SELECT tenant_id, event_type, payload ->> 'resource' AS resource, payload ->> 'severity' AS severity FROM ideamine.events ORDER BY 1, 2, 3, 4;
SELECT pg_temp.take('gpu', 9);
SELECT ideamine.record_violations();
SELECT asked, count FROM ideamine.quota_violations WHERE tenant_id = 'acme' AND resource = 'gpu';
SELECT ideamine.record_violations();
-- Undone, they are still to be written.
SELECT pg_temp.take('gpu', 9, tenant => 'store');
BEGIN;
SELECT ideamine.record_violations();
ROLLBACK;
SELECT ideamine.record_violations(), ideamine.record_violations();

-- What only a gauge can do, and what nobody can.
CALL pg_temp.refused($$SELECT ideamine.release_quota('acme', 'tokens', 1)$$);
CALL pg_temp.refused($$SELECT ideamine.release_quota('acme', 'cpu', -1)$$);
CALL pg_temp.refused($$SELECT ideamine.record_usage('acme', 'cpu', 0)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.enforce_quota('acme', 'cpu', 1, priority_class => 'P9')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.enforce_quotas('acme', '{}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.enforce_quotas('acme', '[1]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.enforce_quotas('acme', '{"cpu": "1"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.enforce_quotas('acme', '{"cpu": 1, "disk": 1}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.enforce_quota('nobody', 'cpu', 1)$$);
BEGIN READ ONLY;
CALL pg_temp.refused($$SELECT * FROM ideamine.enforce_quota('acme', 'cpu', 0.1)$$);
COMMIT;
SELECT * FROM pg_temp.broken;

-- A transaction that took something cannot be prepared.
BEGIN;
SELECT pg_temp.take('cpu', 0.001);
PREPARE TRANSACTION 'quota';
SELECT * FROM pg_temp.broken;

-- A day that somebody else's clock calls another one: the window is the tenant's.
SELECT ideamine.set_quotas('east', time_zone => 'Pacific/Auckland', max_tokens_per_day => 10);
SELECT time_zone, previous_time_zone, time_zone_since = date_trunc('day', now(), 'UTC') + interval '1 day' AS tomorrow
FROM ideamine.tenant_quotas WHERE tenant_id = 'east';
UPDATE ideamine.tenant_quotas SET time_zone_since = NULL, previous_time_zone = NULL WHERE tenant_id = 'east';
SELECT pg_temp.take('tokens', 5, tenant => 'east');
SELECT window_start = date_trunc('day', now(), 'Pacific/Auckland') AS there FROM ideamine.tenant_usage WHERE tenant_id = 'east';
