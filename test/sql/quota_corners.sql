-- Corners of quotas: thresholds that are crossed for nothing, violations and savepoints, a tenant that moves, and the end
-- of the range of numbers.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.quota_violations, ideamine.events;
SELECT ideamine.record_violations() IS NOT NULL AS emptied;
TRUNCATE ideamine.quota_violations, ideamine.events;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

-- Two thresholds crossed by a transaction that rolls back throttle nobody, in whatever way they were crossed.
SELECT ideamine.set_quotas('corner', max_cpu_cores => 10, max_memory_gb => 10, max_gpus => 10);
BEGIN;
SELECT resource, allowed, throttled_until IS NOT NULL AS throttled FROM ideamine.enforce_quotas('corner', '{"cpu": 9, "memory": 9}');
SELECT ideamine.record_usage('corner', 'gpu', 9);
ROLLBACK;
SELECT allowed, current, throttled_until IS NOT NULL AS throttled FROM ideamine.check_quota('corner', 'cpu', 1);
BEGIN;
SELECT ideamine.record_usage('corner', 'gpu', 9);
SAVEPOINT a;
SELECT ideamine.record_usage('corner', 'cpu', 9);
ROLLBACK TO a;
SELECT reason FROM ideamine.check_quota('corner', 'cpu', 1);
ROLLBACK;
SELECT allowed, reason FROM ideamine.check_quota('corner', 'cpu', 1);
SELECT ideamine.record_violations() AS none;
-- Where they were crossed for good, what is rolled back later changes nothing.
SELECT ideamine.record_usage('corner', 'gpu', 9);
BEGIN;
SELECT ideamine.record_usage('corner', 'cpu', 9);
ROLLBACK;
SELECT allowed, reason FROM ideamine.check_quota('corner', 'cpu', 1);
SELECT ideamine.record_violations() AS one;
SELECT resource, action, count FROM ideamine.quota_violations;

-- What was written stays written, whatever is rolled back after that.
SELECT allowed FROM ideamine.enforce_quota('corner', 'gpu', 100, priority_class => 'P0');
BEGIN;
SELECT ideamine.record_violations() AS one;
SAVEPOINT a;
ROLLBACK TO a;
COMMIT;
SELECT ideamine.record_violations() AS none;
SELECT allowed FROM ideamine.enforce_quota('corner', 'gpu', 100, priority_class => 'P0');
BEGIN;
SAVEPOINT a;
SELECT ideamine.record_violations() AS one;
ROLLBACK TO a;
SELECT ideamine.record_violations() AS one;
COMMIT;
BEGIN;
SAVEPOINT a;
SELECT ideamine.record_violations() AS none;
RELEASE a;
ROLLBACK;
SELECT allowed FROM ideamine.enforce_quota('corner', 'gpu', 100, priority_class => 'P0');
BEGIN;
SAVEPOINT a;
SELECT ideamine.record_violations() AS one;
RELEASE a;
ROLLBACK;
SELECT ideamine.record_violations() AS one;
SELECT resource, action, count FROM ideamine.quota_violations ORDER BY resource, action;

-- A tenant that moved, and moves again on its first day there, which began when it moved.
SELECT ideamine.set_quotas('nomad', max_tokens_per_day => 100, throttle_enabled => false);
UPDATE ideamine.tenant_quotas SET time_zone = 'Asia/Tokyo', previous_time_zone = 'UTC', time_zone_since = now() - interval '1 second'
WHERE tenant_id = 'nomad';
SELECT allowed, current FROM ideamine.enforce_quota('nomad', 'tokens', 100);
SELECT ideamine.set_quotas('nomad', time_zone => 'Europe/Berlin');
SELECT allowed, current FROM ideamine.check_quota('nomad', 'tokens', 1);
SELECT ideamine.set_quotas('nomad', time_zone => 'America/Havana');
SELECT allowed, current FROM ideamine.check_quota('nomad', 'tokens', 1);
SELECT time_zone, previous_time_zone, time_zone_since > now() AS moves, previous_time_zone_since < now() AS moved
FROM ideamine.tenant_quotas WHERE tenant_id = 'nomad';

-- What cannot be counted is not recorded.
SELECT ideamine.set_quotas('titan', tier => 'enterprise');
SELECT ideamine.record_usage('titan', 'storage', 9000000000);
CALL pg_temp.refused($$SELECT ideamine.record_usage('titan', 'storage', 9000000000)$$);
SELECT allowed, reason, current, "limit" FROM ideamine.enforce_quota('titan', 'storage', 223372036.854775807);
SELECT allowed, reason, current, "limit" FROM ideamine.enforce_quota('titan', 'storage', 223372036.854775806);
SELECT ideamine.release_quota('titan', 'storage', 9223372036.854775806);
SELECT current FROM ideamine.check_quota('titan', 'storage', 1);
CALL pg_temp.refused($$SELECT ideamine.record_usage('titan', 'storage', 9223372036.854775807)$$);
-- A burst of ten times a limit as high as there can be.
SELECT ideamine.set_quotas('titan', max_memory_gb => 9223372036.854775806, burst_percent => 1000, throttle_enabled => false);
SELECT allowed, burst_allowed, reason FROM ideamine.enforce_quota('titan', 'memory', 9223372036.854775806);
SELECT allowed, burst_allowed, reason FROM ideamine.enforce_quota('titan', 'memory', 0.000000001);

-- A limit that was raised, or lowered, decides about the next burst.
SELECT ideamine.set_quotas('burst', max_cpu_cores => 10, burst_seconds => 0, throttle_enabled => false);
SELECT ideamine.record_usage('burst', 'cpu', 11);
SELECT allowed, reason FROM ideamine.check_quota('burst', 'cpu', 1);
SELECT ideamine.set_quotas('burst', max_cpu_cores => 20, burst_seconds => 300);
SELECT allowed, burst_allowed FROM ideamine.check_quota('burst', 'cpu', 10);
SELECT ideamine.set_quotas('burst', max_cpu_cores => 10);
SELECT allowed, burst_allowed FROM ideamine.check_quota('burst', 'cpu', 1);
SELECT state, count(*) FROM ideamine.audit_counters() WHERE id IN ('corner', 'nomad', 'titan', 'burst') GROUP BY state;

-- A tenant is deleted by hand while jobs of it run and wait: they can be ended, none is begun, and nobody else notices.
TRUNCATE ideamine.jobs CASCADE;
SELECT ideamine.create_tenant('gone'), ideamine.create_tenant('here');
SELECT ideamine.register_worker('any', '{}') AS worker \gset
SELECT count(*) FROM generate_series(1, 4) AS i, ideamine.create_job('gone', 'job ' || i, options => '{"needs": {"cpu": 2}}');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 2);
DELETE FROM ideamine.tenants WHERE tenant_id = 'gone';
SELECT count(*) FROM generate_series(1, 2) AS i, ideamine.create_job('here', 'job ' || i);
SELECT tenant_id FROM ideamine.acquire_jobs(:'worker', 10);
SELECT tenant_id FROM ideamine.acquire_jobs(:'worker', 10);
SELECT job_id, epoch FROM ideamine.jobs WHERE tenant_id = 'gone' AND status = 'running' ORDER BY job_id LIMIT 1 \gset
SELECT ideamine.complete_job('gone', :'job_id', :epoch);
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '1 day' WHERE worker_id = :'worker';
UPDATE ideamine.jobs SET started_at = now() - interval '1 day' WHERE status = 'running';
SELECT count(*) > 0 AS given_up FROM ideamine.mark_stale_workers();
SELECT tenant_id, status, count(*) FROM ideamine.jobs GROUP BY 1, 2 ORDER BY 1, 2;
CALL pg_temp.refused($$SELECT ideamine.enforce_quota('gone', 'cpu', 1)$$);
CALL pg_temp.refused($$SELECT ideamine.has_quota('gone', 'cpu', 1)$$);
CALL pg_temp.refused($$SELECT ideamine.record_usage('gone', 'cpu', 1)$$);
CALL pg_temp.refused($$SELECT ideamine.release_quota('gone', 'cpu', 1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.get_tenant_usage('gone')$$);
CALL pg_temp.refused($$SELECT ideamine.calculate_tenant_health('gone')$$);
SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok';
-- It comes back.
SELECT ideamine.create_tenant('gone');
SELECT ideamine.has_quota('gone', 'cpu', 1);
