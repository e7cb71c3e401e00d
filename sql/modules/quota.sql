-- quota: what tenants may use: setting, asking, taking and giving back.

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
LANGUAGE C STABLE
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
LANGUAGE C STABLE ROWS 1
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

CREATE OR REPLACE FUNCTION ideamine.get_tenant_usage(
  tenant_id text DEFAULT NULL
) RETURNS TABLE (
  resource        ideamine.resource,
  used            numeric,
  "limit"         numeric,
  window_start    timestamptz,
  throttled_until timestamptz
)
LANGUAGE C STABLE ROWS 7
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
LANGUAGE C STABLE
AS 'MODULE_PATHNAME', 'ideamine_calculate_tenant_health';
COMMENT ON FUNCTION ideamine.calculate_tenant_health(text) IS
'How well a tenant gets along with its quotas: 100, less 5, 10 or 15 for each resource of which 80, 90 or 100 % are in
use (at most 40 in all), less 1, 3, 7 or 15 for each violation of the last 24 hours by its severity (at most 50 in all),
less 10 while it is throttled; not below 0.
tenant_id: NULL means the setting ideamine.tenant_id.
Errors: ID404 unknown tenant, ID503 the library is not preloaded, or the counters are not ready.';
REVOKE ALL ON FUNCTION ideamine.calculate_tenant_health(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.calculate_tenant_health(text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

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
