-- Setting quotas, and asking whether something may be taken.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.jobs, ideamine.job_dependencies;
TRUNCATE ideamine.tenant_usage, ideamine.tenant_usage_rollups, ideamine.quota_violations, ideamine.events;

CREATE FUNCTION pg_temp.answer(tenant text, resource text, amount numeric) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s%s, %s of %s, %s left%s', CASE WHEN allowed THEN 'allowed' ELSE reason END,
                CASE WHEN burst_allowed THEN ' as a burst' END, current, "limit", remaining,
                CASE WHEN throttled_until IS NOT NULL THEN ', throttled' END)
  FROM ideamine.check_quota(tenant, resource, amount)
$$;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

-- A new tenant has what its tier gives; what is not named keeps its value.
SELECT ideamine.set_quotas('acme', max_cpu_cores => 4);
SELECT tier FROM ideamine.tenants WHERE tenant_id = 'acme';
SELECT max_cpu_cores, max_memory_gb, max_storage_gb, max_tokens_per_day, max_cost_per_day_usd, max_gpus, max_concurrent_runs,
       burst_percent, burst_seconds, throttle_enabled, throttle_threshold, time_zone
FROM ideamine.tenant_quotas WHERE tenant_id = 'acme';
SELECT ideamine.set_quotas('acme', max_memory_gb => 0.000000001, max_gpus => 0, max_cost_per_day_usd => 'infinity');
SELECT max_cpu_cores, max_memory_gb, max_gpus, max_cost_per_day_usd FROM ideamine.tenant_quotas WHERE tenant_id = 'acme';
SELECT ideamine.set_quotas('small', tier => 'free');
SELECT ideamine.set_quotas('large', tier => 'enterprise');
SELECT tenant_id, max_cpu_cores, max_tokens_per_day, max_gpus FROM ideamine.tenant_quotas WHERE tenant_id IN ('small', 'large') ORDER BY 1;
SELECT ideamine.set_quotas('small', tier => 'premium');
SELECT tier, max_cpu_cores FROM ideamine.tenants JOIN ideamine.tenant_quotas USING (tenant_id) WHERE tenant_id = 'small';

-- A tenant without a row has what its tier gives; so has default-tenant before it is made, which a check does not do.
SELECT ideamine.create_tenant('plain', tier => 'free');
SELECT pg_temp.answer('plain', 'cpu', 1), pg_temp.answer(NULL, 'cpu', 1);
SELECT count(*) AS made FROM ideamine.tenants WHERE tenant_id = 'default-tenant';

-- Every resource, up to its limit and beyond; units are rounded up.
SELECT ideamine.set_quotas('acme', max_cpu_cores => 4, max_memory_gb => 8, max_storage_gb => 100, max_tokens_per_day => 1000,
                           max_cost_per_day_usd => 0.5, max_gpus => 1, max_concurrent_runs => 3, burst_percent => 0);
SELECT r AS resource, l AS "limit", pg_temp.answer('acme', r, l) AS all_of_it, ideamine.has_quota('acme', r, l) AS has,
       pg_temp.answer('acme', r, l + u) AS more, ideamine.has_quota('acme', r, l + u) AS has_more
FROM (VALUES ('cpu', 4, 0.0001), ('memory', 8, 1e-10), ('storage', 100, 1e-9), ('tokens', 1000, 0.01), ('cost', 0.5, 1e-12),
             ('gpu', 1, 1), ('concurrent_runs', 3, 1)) AS t (r, l, u);
SELECT pg_temp.answer('acme', 'cpu', 0.0001), pg_temp.answer('acme', 'gpu', 0.5);

-- Limits of nothing, and none at all.
SELECT ideamine.set_quotas('acme', max_gpus => 0, max_tokens_per_day => 'infinity');
SELECT pg_temp.answer('acme', 'gpu', 1), pg_temp.answer('acme', 'tokens', 9000000000000000000);

-- A check takes nothing.
SELECT count(*) AS rows FROM ideamine.tenant_usage;
SELECT pg_temp.answer('acme', 'cpu', 4);

-- Within its own transaction a change holds at once, and a rolled-back one never did.
BEGIN;
SELECT ideamine.set_quotas('acme', max_cpu_cores => 1);
SELECT pg_temp.answer('acme', 'cpu', 2);
SAVEPOINT s;
SELECT ideamine.set_quotas('acme', max_cpu_cores => 3);
SELECT pg_temp.answer('acme', 'cpu', 2);
ROLLBACK TO s;
SELECT pg_temp.answer('acme', 'cpu', 2);
ROLLBACK;
SELECT pg_temp.answer('acme', 'cpu', 2);
-- So does one that is made by hand.
UPDATE ideamine.tenant_quotas SET max_cpu_cores = 2 WHERE tenant_id = 'acme';
SELECT pg_temp.answer('acme', 'cpu', 3);
DELETE FROM ideamine.tenant_quotas WHERE tenant_id = 'acme';
SELECT pg_temp.answer('acme', 'cpu', 3);

-- A query over a table that several processes would read asks as well, for tenants nobody has asked for yet.
CREATE TABLE asked AS SELECT 'asked-' || i AS tenant_id FROM generate_series(1, 1000) AS i;
ANALYZE asked;
SELECT count(ideamine.create_tenant('asked-' || i)) FROM generate_series(1, 5) AS i;
SELECT job_id FROM ideamine.create_job('asked-4', 'waiting') \gset
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT ideamine.has_quota(tenant_id, 'gpu', 1) FROM asked WHERE tenant_id = 'asked-1';
SELECT used_tokens FROM asked, ideamine.get_user_quota_status(tenant_id, 'ann', 'weather') WHERE tenant_id = 'asked-2';
SELECT ideamine.calculate_tenant_health(tenant_id) FROM asked WHERE tenant_id = 'asked-3';
SELECT e.reason FROM asked, ideamine.explain_job(tenant_id, :'job_id') AS e WHERE tenant_id = 'asked-4';
SELECT sum(used) FROM asked, ideamine.get_tenant_usage(tenant_id) WHERE tenant_id = 'asked-5';
SELECT DISTINCT state FROM asked, ideamine.audit_counters() WHERE tenant_id = 'asked-5';
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
DROP TABLE asked;

-- Bad input.
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('nobody', 'cpu', 1)$$);
CALL pg_temp.refused($$SELECT ideamine.has_quota('nobody', 'cpu', 1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'disk', 1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', NULL, 1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'cpu', NULL)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'cpu', 0)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'cpu', -1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'cpu', 'NaN')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'cpu', 'infinity')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'cpu', '-infinity')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'memory', 9223372036.9)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('acme', 'cpu', 1e100000)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_quota('', 'cpu', 1)$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', tier => 'gold')$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', max_cpu_cores => -1)$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', max_cpu_cores => 'NaN')$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', max_cpu_cores => '-infinity')$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', max_cpu_cores => 0.0001)$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', max_gpus => 1.5)$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', burst_percent => 1001)$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', burst_seconds => -1)$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', throttle_threshold => 0)$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', throttle_threshold => 'NaN')$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas('acme', time_zone => 'Mars/Olympus')$$);
CALL pg_temp.refused($$SELECT ideamine.set_quotas(E'a\tb')$$);
SELECT count(*) AS changed FROM ideamine.tenant_quotas WHERE tenant_id = 'acme';
