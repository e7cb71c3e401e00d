-- What is kept of usage, and what follows from it: rollups, retention, views, health.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.jobs, ideamine.job_dependencies;
TRUNCATE ideamine.tenant_usage, ideamine.tenant_usage_rollups, ideamine.quota_violations, ideamine.events, ideamine_internal.usage_horizon;
SELECT ideamine.record_violations() IS NOT NULL AS emptied;
TRUNCATE ideamine.quota_violations, ideamine.events;
SELECT count(ideamine_internal.drop_day_partition(left(c.relname, -9), right(c.relname, 8)::date)) >= 0 AS dropped
FROM pg_class AS c WHERE c.relispartition AND c.relkind = 'r' AND c.relname ~ '^(tenant|user)_usage_';

CREATE FUNCTION pg_temp.used(tenant text, resource text) RETURNS numeric LANGUAGE sql AS $$
  SELECT used FROM ideamine.get_tenant_usage($1) AS u WHERE u.resource::text = $2
$$;
CREATE VIEW pg_temp.partitions AS
  SELECT left(c.relname, -9) AS of, right(c.relname, 8)::date - (now() AT TIME ZONE 'UTC')::date AS day FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
  WHERE i.inhparent IN ('ideamine.tenant_usage'::regclass, 'ideamine.user_usage'::regclass);
-- Appends usage of an earlier day, as it would have been then.
CREATE PROCEDURE pg_temp.use(days_ago integer, tenant text, resource text, amount numeric) LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := date_trunc('day', now(), 'UTC') - days_ago * interval '1 day' + interval '1 hour';
BEGIN
  IF to_regclass('ideamine.tenant_usage_' || to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NULL THEN
    PERFORM ideamine_internal.make_day_partition('tenant_usage', (at AT TIME ZONE 'UTC')::date);
  END IF;
  INSERT INTO ideamine.tenant_usage (tenant_id, resource, amount, window_start, recorded_at)
  VALUES (tenant, resource::ideamine.resource, amount,
          CASE WHEN resource IN ('tokens', 'cost') THEN date_trunc('day', at, 'UTC') ELSE '-infinity' END, at);
END
$$;

-- Partitions are made before they are needed, and once.
SELECT ideamine.roll_up_usage();
SELECT * FROM pg_temp.partitions ORDER BY 1, 2;
SELECT ideamine.roll_up_usage();
SELECT count(*) FROM pg_temp.partitions;

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
CALL pg_temp.use(5, 'acme', 'memory', 5);
CALL pg_temp.use(5, 'acme', 'memory', -2);
CALL pg_temp.use(5, 'acme', 'tokens', 100);
CALL pg_temp.use(4, 'acme', 'memory', 1.5);
CALL pg_temp.use(4, 'globex', 'storage', 7);
SELECT ideamine.reload_counters() >= 0 AS reloaded;
SELECT allowed FROM ideamine.enforce_quota('acme', 'memory', 0.5);
SELECT pg_temp.used('acme', 'memory'), pg_temp.used('acme', 'tokens') AS tokens_today, pg_temp.used('globex', 'storage');

-- Rolled up, they give the same totals; so they do when the details are gone.
SELECT ideamine.roll_up_usage();
SELECT tenant_id, resource, (now() AT TIME ZONE 'UTC')::date - day AS days_ago, amount, entries FROM ideamine.tenant_usage_rollups ORDER BY day, tenant_id, resource;
SELECT ideamine.reload_counters() >= 0 AS reloaded;
SELECT pg_temp.used('acme', 'memory'), pg_temp.used('globex', 'storage');
SELECT ideamine.cleanup_old_usage_records('72 hours');
SELECT * FROM pg_temp.partitions ORDER BY 1, 2;
SELECT ideamine.reload_counters() >= 0 AS reloaded;
SELECT pg_temp.used('acme', 'memory'), pg_temp.used('globex', 'storage');
SELECT count(*) AS broken FROM ideamine.audit_counters() WHERE state <> 'ok';
-- What is rolled up is closed, for good.
CALL pg_temp.use(2, 'acme', 'memory', 1);
SELECT ideamine.roll_up_usage();
DO $$
BEGIN
  FOR days_ago IN 2..4 BY 2 LOOP
    BEGIN
      CALL pg_temp.use(days_ago, 'acme', 'memory', 1);
    EXCEPTION WHEN OTHERS THEN
      RAISE INFO '%: %', SQLSTATE, regexp_replace(SQLERRM, '[0-9]{2}[-0-9]{6,}', '<day>', 'g');
    END;
  END LOOP;
END
$$;
-- Today's is never closed, whatever time it is said to be.
SELECT ideamine.roll_up_usage(now() + interval '1 year');
SELECT allowed FROM ideamine.enforce_quota('acme', 'memory', 0.5);
SELECT ideamine.cleanup_old_usage_records('-1 day');

-- A counter that the tables do not agree with is broken, and found.
INSERT INTO ideamine.tenant_usage (tenant_id, resource, amount, window_start, recorded_at) VALUES ('acme', 'memory', 3, '-infinity', clock_timestamp());
SELECT scope, id, resource, settled, ledger_settled, state FROM ideamine.audit_counters() WHERE state <> 'ok';
SELECT ideamine.reload_counters() > 0 AS reloaded;
SELECT pg_temp.used('acme', 'memory');
SELECT count(*) AS broken FROM ideamine.audit_counters() WHERE state <> 'ok';

-- One row per tenant.
SELECT ideamine.set_quotas('acme', max_cpu_cores => 'infinity', max_memory_gb => 16, max_gpus => 0);
SELECT tenant_id, cpu_used, cpu_limit, cpu_percent, memory_used, memory_limit, memory_percent, gpu_limit, gpu_percent, throttled_until
FROM ideamine.v_tenant_usage_current ORDER BY tenant_id;

-- Health.
SELECT ideamine.calculate_tenant_health('globex');
SELECT ideamine.set_quotas('globex', max_storage_gb => 8.75, throttle_enabled => false, max_cpu_cores => 10, max_memory_gb => 10, max_gpus => 1);
SELECT ideamine.calculate_tenant_health('globex') AS storage_at_80_percent;
SELECT allowed FROM ideamine.enforce_quotas('globex', '{"cpu": 9, "memory": 10, "gpu": 1}');
SELECT ideamine.calculate_tenant_health('globex') AS less_40_at_most;
SELECT allowed FROM ideamine.enforce_quota('globex', 'gpu', 1);
SELECT ideamine.record_violations();
SELECT ideamine.calculate_tenant_health('globex') AS less_15_for_a_critical_violation;
UPDATE ideamine.quota_violations SET first_at = first_at - interval '25 hours', last_at = last_at - interval '25 hours';
SELECT ideamine.calculate_tenant_health('globex') AS of_the_last_24_hours;
SELECT ideamine.calculate_tenant_health('nobody');
-- Old violations and events go with old usage.
SELECT ideamine.cleanup_old_usage_records('24 hours') >= 0 AS cleaned;
SELECT count(*) FROM ideamine.quota_violations;
