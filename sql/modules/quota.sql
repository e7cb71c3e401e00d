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
) RETURNS SETOF ideamine.quota_answer
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
) RETURNS SETOF ideamine.quota_answer
LANGUAGE C ROWS 1
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
LANGUAGE C ROWS 3
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
LANGUAGE C
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
LANGUAGE C
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

CREATE OR REPLACE FUNCTION ideamine.get_counter_memory() RETURNS TABLE (
  accounts bigint,
  counters bigint
)
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_get_counter_memory';
COMMENT ON FUNCTION ideamine.get_counter_memory() IS
'What the shared memory of ideamine.counter_memory holds at this moment, of all databases together. Returns one row:
accounts: tenants and others whose rules are in memory; counters: of their resources. What is not there is loaded from
tables when somebody needs it; when memory is used up, accounts that nobody uses make room.
Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.get_counter_memory() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_counter_memory() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine_internal.quotas_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_quotas_changed';
COMMENT ON FUNCTION ideamine_internal.quotas_changed() IS 'Lets every process judge by a tenant''s changed quotas when they are committed';
REVOKE ALL ON FUNCTION ideamine_internal.quotas_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER quotas_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.tenant_quotas
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.quotas_changed();
ALTER TABLE ideamine.tenant_quotas ENABLE ALWAYS TRIGGER quotas_changed;
COMMENT ON TRIGGER quotas_changed ON ideamine.tenant_quotas IS 'However a row is changed';

CREATE OR REPLACE FUNCTION ideamine_internal.tenant_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_tenant_changed';
COMMENT ON FUNCTION ideamine_internal.tenant_changed() IS 'Lets every process judge by a tenant''s changed tier when it is committed';
REVOKE ALL ON FUNCTION ideamine_internal.tenant_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER tenant_changed AFTER INSERT OR DELETE OR UPDATE OF tenant_id, tier ON ideamine.tenants
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.tenant_changed();
ALTER TABLE ideamine.tenants ENABLE ALWAYS TRIGGER tenant_changed;
COMMENT ON TRIGGER tenant_changed ON ideamine.tenants IS 'A tenant without quotas of its own has those of its tier';

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

CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.user_usage
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.user_usage ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.user_usage IS 'Counters are loaded from it';
CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.user_quota_limits
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated();
ALTER TABLE ideamine.user_quota_limits ENABLE ALWAYS TRIGGER counters_truncated;
COMMENT ON TRIGGER counters_truncated ON ideamine.user_quota_limits IS 'Counters are loaded from it';

CREATE OR REPLACE FUNCTION ideamine.get_tenant_usage(
  tenant_id text DEFAULT NULL
) RETURNS TABLE (
  resource        ideamine.resource,
  used            numeric,
  "limit"         numeric,
  window_start    timestamptz,
  throttled_until timestamptz
)
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 7
AS 'MODULE_PATHNAME', 'ideamine_get_tenant_usage';
COMMENT ON FUNCTION ideamine.get_tenant_usage(text) IS
'What a tenant uses at this moment, transactions in progress and running jobs included: a row for each resource.
window_start: when the day began that a counter counts; NULL for a gauge; throttled_until: NULL unless it is throttled.
tenant_id: NULL means the setting ideamine.tenant_id.
Errors: ID404 unknown tenant, ID503 the library is not preloaded, or the counters are not ready.';
REVOKE ALL ON FUNCTION ideamine.get_tenant_usage(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_tenant_usage(text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.calculate_tenant_health(
  tenant_id text DEFAULT NULL
) RETURNS integer
LANGUAGE C STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ideamine_calculate_tenant_health';
COMMENT ON FUNCTION ideamine.calculate_tenant_health(text) IS
'How well a tenant gets along with its quotas: 100, less 5, 10 or 15 for each resource of which 80, 90 or 100 % are in
use (at most 40 in all), less 1, 3, 7 or 15 for each violation of the last 24 hours by its severity (at most 50 in all),
less 10 while it is throttled; not below 0.
tenant_id: NULL means the setting ideamine.tenant_id.
Errors: ID404 unknown tenant, ID503 the library is not preloaded, or the counters are not ready.';
REVOKE ALL ON FUNCTION ideamine.calculate_tenant_health(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.calculate_tenant_health(text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.audit_counters() RETURNS TABLE (
  scope          text,
  id             text,
  resource       ideamine.resource,
  window_start   timestamptz,
  settled        numeric,
  leased         numeric,
  held           numeric,
  ledger_settled numeric,
  ledger_leased  numeric,
  state          text
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_audit_counters';
COMMENT ON FUNCTION ideamine.audit_counters() IS
'Compares each counter in shared memory with the tables: settled is what committed transactions recorded, leased what
running jobs hold, held what transactions in progress have taken; ledger_settled and ledger_leased are what the tables
say. state: ok; busy (somebody is at work on it, and the tables say something in between); broken: a fault of ours.
scope: tenant, user or run. Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.audit_counters() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.audit_counters() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.check_user_quota(
  tenant_id text,
  user_id text,
  project_id text,
  tokens numeric DEFAULT 0,
  cost numeric DEFAULT 0
) RETURNS TABLE (
  allowed          boolean,
  reason           text,
  remaining_tokens numeric,
  remaining_cost   numeric,
  reset_at         timestamptz
)
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_check_user_quota';
COMMENT ON FUNCTION ideamine.check_user_quota(text, text, text, numeric, numeric) IS
'Whether a user may consume so much more today in a project; nothing is taken. reason, if not: token_limit_exceeded
or cost_limit_exceeded; reset_at: when the tenant''s next day begins.
tenant_id: NULL means the setting ideamine.tenant_id; user_id, project_id: 1 to 200 bytes, no control characters;
tokens: rounded up; cost: USD, rounded up to 10^-9.
Errors: ID400 invalid name or amount, ID404 unknown tenant, ID503 as check_quota().';
REVOKE ALL ON FUNCTION ideamine.check_user_quota(text, text, text, numeric, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.check_user_quota(text, text, text, numeric, numeric) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.increment_user_quota(
  tenant_id text,
  user_id text,
  project_id text,
  tokens numeric DEFAULT 0,
  cost numeric DEFAULT 0,
  enforced boolean DEFAULT true
) RETURNS TABLE (
  allowed          boolean,
  reason           text,
  remaining_tokens numeric,
  remaining_cost   numeric,
  reset_at         timestamptz
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_increment_user_quota';
COMMENT ON FUNCTION ideamine.increment_user_quota(text, text, text, numeric, numeric, boolean) IS
'Takes so much of what a user may consume today in a project, both or none, and records it in user_usage. It counts at
once, for everybody; if the transaction rolls back, it was never taken. Not counted towards the tenant''s quotas.
enforced: false counts it whatever the limits say, for what was consumed already.
user_id, project_id, tokens, cost, and what is returned: as check_user_quota(). Errors: as check_user_quota().';
REVOKE ALL ON FUNCTION ideamine.increment_user_quota(text, text, text, numeric, numeric, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.increment_user_quota(text, text, text, numeric, numeric, boolean) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_user_quota_status(
  tenant_id text,
  user_id text,
  project_id text
) RETURNS TABLE (
  max_tokens_daily numeric,
  used_tokens      numeric,
  remaining_tokens numeric,
  max_cost_daily   numeric,
  used_cost        numeric,
  remaining_cost   numeric,
  reset_at         timestamptz
)
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_get_user_quota_status';
COMMENT ON FUNCTION ideamine.get_user_quota_status(text, text, text) IS
'What a user may consume per day in a project, what of it is used, and when the next day begins.
user_id, project_id: as check_user_quota(). Errors: as check_user_quota().';
REVOKE ALL ON FUNCTION ideamine.get_user_quota_status(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_user_quota_status(text, text, text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reset_user_quota(
  tenant_id text,
  user_id text,
  project_id text
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reset_user_quota';
COMMENT ON FUNCTION ideamine.reset_user_quota(text, text, text) IS
'Lets a user begin the day anew: what is used of it counts no more when the transaction has committed.
user_id, project_id: as check_user_quota(). Errors: as check_user_quota().';
REVOKE ALL ON FUNCTION ideamine.reset_user_quota(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reset_user_quota(text, text, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reset_all_quotas(
  tenant_id text,
  project_id text DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reset_all_quotas';
COMMENT ON FUNCTION ideamine.reset_all_quotas(text, text) IS
'reset_user_quota() for all users of a tenant, or of one of its projects, who have consumed anything today. Returns how
many those were. project_id: NULL for all.
Errors: ID404 unknown tenant, ID503 as check_quota().';
REVOKE ALL ON FUNCTION ideamine.reset_all_quotas(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reset_all_quotas(text, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.update_user_quota_limits(
  tenant_id text,
  user_id text,
  project_id text,
  max_tokens_daily numeric DEFAULT NULL,
  max_cost_daily numeric DEFAULT NULL,
  acting_user text DEFAULT NULL
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_update_user_quota_limits';
COMMENT ON FUNCTION ideamine.update_user_quota_limits(text, text, text, numeric, numeric, text) IS
'Sets what a user may consume per day in a project; what is not named keeps its value.
user_id, project_id: as check_user_quota(); max_tokens_daily, max_cost_daily (USD): 0 or more, ''infinity'' for no limit;
acting_user: who sets them, an admin or owner of the project; NULL only for members of ideamine_admin.
Errors: ID400 invalid name or limit, ID403 acting_user may not, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.update_user_quota_limits(text, text, text, numeric, numeric, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.update_user_quota_limits(text, text, text, numeric, numeric, text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine_internal.user_limits_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_user_limits_changed';
COMMENT ON FUNCTION ideamine_internal.user_limits_changed() IS 'Lets every process judge by a user''s changed limits when they are committed';
REVOKE ALL ON FUNCTION ideamine_internal.user_limits_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER user_limits_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.user_quota_limits
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.user_limits_changed();
ALTER TABLE ideamine.user_quota_limits ENABLE ALWAYS TRIGGER user_limits_changed;
COMMENT ON TRIGGER user_limits_changed ON ideamine.user_quota_limits IS 'However a row is changed';

CREATE OR REPLACE VIEW ideamine.user_quotas WITH (security_invoker = true) AS
  SELECT l.user_id, l.project_id, l.tenant_id, l.max_tokens_daily, l.max_cost_daily,
         s.used_tokens AS current_tokens_today, s.used_cost AS current_cost_today, s.reset_at
  FROM ideamine.user_quota_limits AS l
  CROSS JOIN LATERAL ideamine.get_user_quota_status(l.tenant_id, l.user_id, l.project_id) AS s;
COMMENT ON VIEW ideamine.user_quotas IS 'Users in projects: what they may consume per day, and what they did today';
COMMENT ON COLUMN ideamine.user_quotas.user_id IS 'The user';
COMMENT ON COLUMN ideamine.user_quotas.project_id IS 'The project';
COMMENT ON COLUMN ideamine.user_quotas.tenant_id IS 'Tenant of the project';
COMMENT ON COLUMN ideamine.user_quotas.max_tokens_daily IS 'Tokens per day; infinity: no limit';
COMMENT ON COLUMN ideamine.user_quotas.max_cost_daily IS 'USD per day; infinity: no limit';
COMMENT ON COLUMN ideamine.user_quotas.current_tokens_today IS 'Tokens consumed today';
COMMENT ON COLUMN ideamine.user_quotas.current_cost_today IS 'USD consumed today';
COMMENT ON COLUMN ideamine.user_quotas.reset_at IS 'When the next day begins, at midnight where the tenant is';
GRANT SELECT ON ideamine.user_quotas TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_tenant_usage_current WITH (security_invoker = true) AS
  SELECT t.tenant_id,
         max(u.used) FILTER (WHERE u.resource = 'cpu') AS cpu_used,
         max(u."limit") FILTER (WHERE u.resource = 'cpu') AS cpu_limit,
         max(u.percent) FILTER (WHERE u.resource = 'cpu') AS cpu_percent,
         max(u.used) FILTER (WHERE u.resource = 'memory') AS memory_used,
         max(u."limit") FILTER (WHERE u.resource = 'memory') AS memory_limit,
         max(u.percent) FILTER (WHERE u.resource = 'memory') AS memory_percent,
         max(u.used) FILTER (WHERE u.resource = 'storage') AS storage_used,
         max(u."limit") FILTER (WHERE u.resource = 'storage') AS storage_limit,
         max(u.percent) FILTER (WHERE u.resource = 'storage') AS storage_percent,
         max(u.used) FILTER (WHERE u.resource = 'tokens') AS tokens_used,
         max(u."limit") FILTER (WHERE u.resource = 'tokens') AS tokens_limit,
         max(u.percent) FILTER (WHERE u.resource = 'tokens') AS tokens_percent,
         max(u.used) FILTER (WHERE u.resource = 'cost') AS cost_used,
         max(u."limit") FILTER (WHERE u.resource = 'cost') AS cost_limit,
         max(u.percent) FILTER (WHERE u.resource = 'cost') AS cost_percent,
         max(u.used) FILTER (WHERE u.resource = 'gpu') AS gpu_used,
         max(u."limit") FILTER (WHERE u.resource = 'gpu') AS gpu_limit,
         max(u.percent) FILTER (WHERE u.resource = 'gpu') AS gpu_percent,
         max(u.used) FILTER (WHERE u.resource = 'concurrent_runs') AS concurrent_runs_used,
         max(u."limit") FILTER (WHERE u.resource = 'concurrent_runs') AS concurrent_runs_limit,
         max(u.percent) FILTER (WHERE u.resource = 'concurrent_runs') AS concurrent_runs_percent,
         max(u.throttled_until) AS throttled_until
  FROM ideamine.tenants AS t
  CROSS JOIN LATERAL (
    SELECT g.*, CASE WHEN g.used = 0 OR g."limit" = 'infinity' THEN 0
                     WHEN g."limit" = 0 THEN numeric 'infinity' ELSE pg_catalog.round(100 * g.used / g."limit", 2) END AS percent
    FROM ideamine.get_tenant_usage(t.tenant_id) AS g) AS u
  GROUP BY t.tenant_id;
COMMENT ON VIEW ideamine.v_tenant_usage_current IS 'What tenants use at this moment of what they may, one row each';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.cpu_used IS 'Cores in use';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.cpu_limit IS 'Limit of that; infinity: none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.cpu_percent IS 'Percent of the limit; 0 if there is none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.memory_used IS 'GB of memory in use';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.memory_limit IS 'Limit of that; infinity: none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.memory_percent IS 'Percent of the limit; 0 if there is none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.storage_used IS 'GB of storage in use';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.storage_limit IS 'Limit of that; infinity: none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.storage_percent IS 'Percent of the limit; 0 if there is none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.tokens_used IS 'Tokens today in use';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.tokens_limit IS 'Limit of that; infinity: none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.tokens_percent IS 'Percent of the limit; 0 if there is none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.cost_used IS 'USD today in use';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.cost_limit IS 'Limit of that; infinity: none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.cost_percent IS 'Percent of the limit; 0 if there is none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.gpu_used IS 'GPUs in use';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.gpu_limit IS 'Limit of that; infinity: none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.gpu_percent IS 'Percent of the limit; 0 if there is none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.concurrent_runs_used IS 'Runs in use';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.concurrent_runs_limit IS 'Limit of that; infinity: none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.concurrent_runs_percent IS 'Percent of the limit; 0 if there is none';
COMMENT ON COLUMN ideamine.v_tenant_usage_current.throttled_until IS 'Until when it is throttled; NULL: it is not';
GRANT SELECT ON ideamine.v_tenant_usage_current TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reload_counters() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reload_counters';
COMMENT ON FUNCTION ideamine.reload_counters() IS
'Forgets the counters in shared memory, so that each is loaded from tables when it is needed next: after rows of usage
or of running jobs were changed by hand. What transactions in progress have taken or given back stays. Returns how many
counters were forgotten. Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.reload_counters() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reload_counters() TO ideamine_admin;

-- Partitions are made at run time, with all that their parents cannot have.
CREATE OR REPLACE FUNCTION ideamine_internal.make_usage_partition(table_name text, day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := format('%s_%s', table_name, to_char(day, 'YYYYMMDD'));
BEGIN
  IF table_name = 'tenant_usage' AND EXISTS (
    SELECT FROM ideamine_internal.usage_horizon WHERE rolled_up_to > day::timestamp AT TIME ZONE 'UTC') THEN
    RAISE SQLSTATE 'ID503' USING MESSAGE = format('usage of %s is rolled up already', day),
      HINT = 'Look whether the clock of the server has been put back.';
  END IF;
  EXECUTE format('CREATE TABLE ideamine.%I (LIKE ideamine.%I INCLUDING COMMENTS)', name, table_name);
  EXECUTE format('CREATE INDEX %I ON ideamine.%I (%s)', name || '_by_window', name,
    CASE table_name WHEN 'tenant_usage' THEN 'tenant_id, resource, window_start'
                    ELSE 'user_id, project_id, tenant_id, resource, window_start' END);
  EXECUTE format('GRANT SELECT ON ideamine.%I TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin', name);
  PERFORM ideamine_internal.secure_rows(format('ideamine.%I', name)::regclass);
  EXECUTE format('COMMENT ON TABLE ideamine.%I IS %L', name, format('What was recorded on %s (UTC)', day));
  EXECUTE format('ALTER TABLE ideamine.%I ATTACH PARTITION ideamine.%I FOR VALUES FROM (%L) TO (%L)', table_name, name,
                 day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$$;
COMMENT ON FUNCTION ideamine_internal.make_usage_partition(text, date) IS
'Makes the partition of a table of usage for a day (UTC). table_name: tenant_usage or user_usage; day: which one.
Errors: ID503 that day is rolled up.';
REVOKE ALL ON FUNCTION ideamine_internal.make_usage_partition(text, date) FROM PUBLIC;

-- A constraint that nothing meets: whoever comes too late gets an error, and nothing is lost from the sums.
CREATE OR REPLACE FUNCTION ideamine_internal.close_usage_partition(table_name text, day date) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
  name text := format('%s_%s', table_name, to_char(day, 'YYYYMMDD'));
BEGIN
  EXECUTE format('ALTER TABLE ideamine.%I ADD CONSTRAINT %I CHECK (false) NOT VALID', name, name || '_closed');
  RETURN true;
EXCEPTION
  WHEN duplicate_object THEN
    RETURN true;
  WHEN lock_not_available THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION ideamine_internal.close_usage_partition(text, date) IS
'Lets nothing be appended to a partition of usage any more. False if somebody keeps it locked.
table_name: tenant_usage or user_usage; day: which one (UTC).';
REVOKE ALL ON FUNCTION ideamine_internal.close_usage_partition(text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ideamine_internal.drop_usage_partition(table_name text, day date) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
BEGIN
  EXECUTE format('DROP TABLE ideamine.%I', format('%s_%s', table_name, to_char(day, 'YYYYMMDD')));
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION ideamine_internal.drop_usage_partition(text, date) IS
'Drops a partition of usage. False if somebody keeps it locked. table_name: tenant_usage or user_usage; day: which one
(UTC).';
REVOKE ALL ON FUNCTION ideamine_internal.drop_usage_partition(text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ideamine.roll_up_usage(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_roll_up_usage';
COMMENT ON FUNCTION ideamine.roll_up_usage(timestamptz) IS
'One pass of the duty that makes the partitions of usage of today and tomorrow, and sums up those that have been over
for an hour in tenant_usage_rollups: counters are then loaded from the sums. Returns how many were summed up.
at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.roll_up_usage(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.roll_up_usage(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.cleanup_old_usage_records(
  keep interval DEFAULT NULL,
  at   timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_cleanup_old_usage_records';
COMMENT ON FUNCTION ideamine.cleanup_old_usage_records(interval, timestamptz) IS
'One pass of the duty that removes details of usage: rolls up what is over, then drops the partitions of days that are
older than keep. Totals stay as they are, in tenant_usage_rollups. Also removes violations and events that are older.
Returns how many partitions were dropped.
keep: 0 or more, default ideamine.usage_retention; at: the time to judge by, default now.
ID400: invalid keep.';
REVOKE ALL ON FUNCTION ideamine.cleanup_old_usage_records(interval, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.cleanup_old_usage_records(interval, timestamptz) TO ideamine_admin;
