-- quota: setting, asking, taking and giving back.

CREATE OR REPLACE FUNCTION ideamine.set_quotas(
  tenant_id            text,
  tier                 text DEFAULT NULL,
  max_cpu_cores        numeric DEFAULT NULL,
  max_memory_gb        numeric DEFAULT NULL,
  max_storage_gb       numeric DEFAULT NULL,
  max_tokens_per_day   numeric DEFAULT NULL,
  max_cost_per_day_usd numeric DEFAULT NULL,
  max_gpus             numeric DEFAULT NULL,
  max_concurrent_runs  numeric DEFAULT NULL,
  burst_percent        integer DEFAULT NULL,
  burst_seconds        integer DEFAULT NULL,
  throttle_enabled     boolean DEFAULT NULL,
  throttle_threshold   double precision DEFAULT NULL,
  time_zone            text DEFAULT NULL
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_set_quotas';
COMMENT ON FUNCTION ideamine.set_quotas(text, text, numeric, numeric, numeric, numeric, numeric, numeric, numeric, integer, integer, boolean, double precision, text) IS
'Sets what a tenant may use, and makes the tenant if need be. What is not named keeps its value; a new tenant gets
what its tier gives. From its commit on every check judges by it; a limit below what is in use is fine, nothing more
is admitted until usage has fallen.
tenant_id: NULL means the setting ideamine.tenant_id; tier: free, standard (that of a new tenant), premium or
enterprise; max_cpu_cores (to 0.001), max_memory_gb, max_storage_gb (GB of 10^9 bytes), max_tokens_per_day,
max_cost_per_day_usd (to 10^-9), max_gpus, max_concurrent_runs: 0 or more, ''infinity'' for no limit;
burst_percent (0 to 1000, default 20), burst_seconds (0 to 86400, default 300): by how much and for how long cpu and
memory may pass their limits; throttle_enabled, throttle_threshold (above 0, up to 1, default 0.9): whether a tenant
is throttled for five minutes when its usage crosses so much of a limit; time_zone (default UTC): where its days begin
at midnight, from the end of the day that has begun.
Errors: ID400 a value out of range, unknown tier or time zone, ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.set_quotas(text, text, numeric, numeric, numeric, numeric, numeric, numeric, numeric, integer, integer, boolean, double precision, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.set_quotas(text, text, numeric, numeric, numeric, numeric, numeric, numeric, numeric, integer, integer, boolean, double precision, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.has_quota(
  tenant_id text,
  resource  text,
  amount    numeric
) RETURNS boolean
LANGUAGE C STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ideamine_has_quota';
COMMENT ON FUNCTION ideamine.has_quota(text, text, numeric) IS
'Whether so much could be taken now: the column allowed of check_quota(), for loops.
resource, amount: as there. Errors: as check_quota().';
REVOKE ALL ON FUNCTION ideamine.has_quota(text, text, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.has_quota(text, text, numeric) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.check_quota(
  tenant_id text,
  resource  text,
  amount    numeric
) RETURNS TABLE (
  allowed         boolean,
  burst_allowed   boolean,
  current         numeric,
  "limit"         numeric,
  remaining       numeric,
  throttled_until timestamptz,
  reason          text
)
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_check_quota';
COMMENT ON FUNCTION ideamine.check_quota(text, text, numeric) IS
'Whether so much could be taken now, answered from shared memory; nothing is taken. Returns one row: allowed;
burst_allowed: it is, but passes the limit, which may be for a time; current: what is in use, transactions in
progress included; limit; remaining: what is left of it; throttled_until, if the tenant is throttled; reason, if it is
not allowed: throttled, limit_exceeded, or burst_exhausted (the limit may not be passed any longer).
tenant_id: NULL means the setting ideamine.tenant_id; resource: see type ideamine.resource; amount: above 0, in the
units of set_quotas(), rounded up. On a standby the answer is read from tables.
Errors: ID400 unknown resource or invalid amount, ID404 unknown tenant, ID503 the library is not preloaded, or the
counters are not ready.';
REVOKE ALL ON FUNCTION ideamine.check_quota(text, text, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.check_quota(text, text, numeric) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.enforce_quota(
  tenant_id      text,
  resource       text,
  amount         numeric,
  run_id         uuid DEFAULT NULL,
  job_id         uuid DEFAULT NULL,
  priority_class text DEFAULT 'P2'
) RETURNS TABLE (
  allowed         boolean,
  burst_allowed   boolean,
  current         numeric,
  "limit"         numeric,
  remaining       numeric,
  throttled_until timestamptz,
  reason          text
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_enforce_quota';
COMMENT ON FUNCTION ideamine.enforce_quota(text, text, numeric, uuid, uuid, text) IS
'Takes so much if it may be taken, and records it in tenant_usage. It counts at once, for everybody; if the transaction
rolls back, it was never taken. A refusal changes nothing but is recorded in quota_violations, even if the transaction
rolls back. Returns one row as check_quota(), with what was taken.
resource, amount: as in check_quota(); run_id, job_id: what it is for; priority_class: of P0 throttling is ignored.
A transaction that took or gave back something cannot be prepared (ID409). Errors: as check_quota().';
REVOKE ALL ON FUNCTION ideamine.enforce_quota(text, text, numeric, uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.enforce_quota(text, text, numeric, uuid, uuid, text) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.enforce_quotas(
  tenant_id      text,
  amounts        jsonb,
  run_id         uuid DEFAULT NULL,
  job_id         uuid DEFAULT NULL,
  priority_class text DEFAULT 'P2'
) RETURNS TABLE (
  resource        ideamine.resource,
  allowed         boolean,
  burst_allowed   boolean,
  current         numeric,
  "limit"         numeric,
  remaining       numeric,
  throttled_until timestamptz,
  reason          text
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 3
AS 'MODULE_PATHNAME', 'ideamine_enforce_quotas';
COMMENT ON FUNCTION ideamine.enforce_quotas(text, jsonb, uuid, uuid, text) IS
'Takes several resources together, or none of them. Returns a row for each, as enforce_quota(): allowed is the same in
all of them, reason says which ones stand in the way.
amounts: an object such as {"cpu": 2, "memory": 4.5}; run_id, job_id, priority_class: as in enforce_quota().
Errors: as enforce_quota().';
REVOKE ALL ON FUNCTION ideamine.enforce_quotas(text, jsonb, uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.enforce_quotas(text, jsonb, uuid, uuid, text) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.record_usage(
  tenant_id text,
  resource  text,
  amount    numeric,
  run_id    uuid DEFAULT NULL,
  job_id    uuid DEFAULT NULL
) RETURNS numeric
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_record_usage';
COMMENT ON FUNCTION ideamine.record_usage(text, text, numeric, uuid, uuid) IS
'Records what was used, whatever the limits say: for what can not be refused any more. It counts from now on. Returns
what is in use with it. resource, amount, run_id, job_id: as in enforce_quota(). Errors: as enforce_quota().';
REVOKE ALL ON FUNCTION ideamine.record_usage(text, text, numeric, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.record_usage(text, text, numeric, uuid, uuid) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.release_quota(
  tenant_id text,
  resource  text,
  amount    numeric,
  run_id    uuid DEFAULT NULL,
  job_id    uuid DEFAULT NULL
) RETURNS numeric
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_release_quota';
COMMENT ON FUNCTION ideamine.release_quota(text, text, numeric, uuid, uuid) IS
'Gives a gauge back, up to what was taken of it: never below zero, and nothing of what running jobs hold. Others may
take it when the transaction has committed. Returns how much was given back.
resource: cpu, memory, storage, gpu or concurrent_runs; amount, run_id, job_id: as in enforce_quota().
Errors: as enforce_quota(), ID400 for tokens and cost.';
REVOKE ALL ON FUNCTION ideamine.release_quota(text, text, numeric, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.release_quota(text, text, numeric, uuid, uuid) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.record_violations() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_record_violations';
COMMENT ON FUNCTION ideamine.record_violations() IS
'One pass of the duty that writes violations from their queue in shared memory to quota_violations, with an event for
each new row: tenant-throttled, or quota-violation. Returns how many violations those were, repeats counted.
Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.record_violations() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.record_violations() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine_internal.quotas_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_quotas_changed';
COMMENT ON FUNCTION ideamine_internal.quotas_changed() IS 'Lets every process judge by a tenant''s changed quotas when they are committed';
REVOKE ALL ON FUNCTION ideamine_internal.quotas_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER quotas_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.tenant_quotas
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.quotas_changed();
ALTER TABLE ideamine.tenant_quotas ENABLE ALWAYS TRIGGER quotas_changed;
COMMENT ON TRIGGER quotas_changed ON ideamine.tenant_quotas IS 'However a row is changed';

CREATE OR REPLACE FUNCTION ideamine_internal.counters_truncated() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_counters_truncated';
COMMENT ON FUNCTION ideamine_internal.counters_truncated() IS 'Lets counters be loaded anew when a table that they are loaded from was emptied';
REVOKE ALL ON FUNCTION ideamine_internal.counters_truncated() FROM PUBLIC;

CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.jobs
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.jobs ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.jobs IS 'Counters are loaded from it';
CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.tenants
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.tenants ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.tenants IS 'Counters are loaded from it';
CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.tenant_quotas
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.tenant_quotas ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.tenant_quotas IS 'Counters are loaded from it';
CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.tenant_usage
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.tenant_usage ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.tenant_usage IS 'Counters are loaded from it';
CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.tenant_usage_rollups
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.tenant_usage_rollups ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.tenant_usage_rollups IS 'Counters are loaded from it';
CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.quota_violations
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.quota_violations ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.quota_violations IS 'Counters are loaded from it';

CREATE OR REPLACE FUNCTION ideamine.reload_counters() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reload_counters';
COMMENT ON FUNCTION ideamine.reload_counters() IS
'Forgets the counters in shared memory, so that each is loaded from tables when it is needed next: after rows of usage
or of running jobs were changed by hand. What transactions in progress have taken or given back stays. Returns how many
counters were forgotten. Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.reload_counters() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reload_counters() TO ideamine_admin;

-- Partitions are made at run time, with all that the parent cannot have.
CREATE OR REPLACE FUNCTION ideamine_internal.make_usage_partition(day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := 'tenant_usage_' || to_char(day, 'YYYYMMDD');
BEGIN
  EXECUTE format('CREATE TABLE ideamine.%I (LIKE ideamine.tenant_usage INCLUDING COMMENTS)', name);
  EXECUTE format('CREATE INDEX %I ON ideamine.%I (tenant_id, resource, window_start)', name || '_of_tenant', name);
  EXECUTE format('GRANT SELECT ON ideamine.%I TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin', name);
  PERFORM ideamine_internal.secure_rows(format('ideamine.%I', name)::regclass);
  EXECUTE format('COMMENT ON TABLE ideamine.%I IS %L', name, 'Usage recorded on ' || day || ' (UTC)');
  EXECUTE format('ALTER TABLE ideamine.tenant_usage ATTACH PARTITION ideamine.%I FOR VALUES FROM (%L) TO (%L)',
                 name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$$;
COMMENT ON FUNCTION ideamine_internal.make_usage_partition(date) IS 'Makes the partition of tenant_usage for a day (UTC)';
REVOKE ALL ON FUNCTION ideamine_internal.make_usage_partition(date) FROM PUBLIC;
