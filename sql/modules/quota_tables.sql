-- quota: what tenants may use, what they use, and what met a limit.

CREATE TYPE ideamine.resource AS ENUM ('cpu', 'memory', 'storage', 'tokens', 'cost', 'gpu', 'concurrent_runs');
COMMENT ON TYPE ideamine.resource IS
'What quotas bound. Gauges, which are held and given back: cpu (cores), memory and storage (GB of 10^9 bytes), gpu,
concurrent_runs. Counters, which are consumed per day: tokens, cost (USD).';

CREATE TYPE ideamine.quota_action AS ENUM ('throttle', 'pause', 'alert', 'reject', 'burst_allowed');
COMMENT ON TYPE ideamine.quota_action IS
'throttle: the tenant is throttled for five minutes; pause, alert: as a budget says; reject: the request was refused;
burst_allowed: it passed the limit, which may be for a time.';

CREATE TYPE ideamine.severity AS ENUM ('low', 'medium', 'high', 'critical');
COMMENT ON TYPE ideamine.severity IS
'By how much a limit was, or would have been, passed: low up to 10 %, medium up to 25 %, high up to 50 %, critical above.';

-- A type of its own: what a call of TABLE (...) returns would be put together from the catalogue at each execution, which
-- takes as long as the check.
CREATE TYPE ideamine.quota_answer AS (
  allowed         boolean,
  burst_allowed   boolean,
  current         numeric,
  "limit"         numeric,
  remaining       numeric,
  throttled_until timestamptz,
  reason          text
);
COMMENT ON TYPE ideamine.quota_answer IS 'What check_quota() and enforce_quota() answer';
COMMENT ON COLUMN ideamine.quota_answer.allowed IS 'Whether so much may be taken, or was';
COMMENT ON COLUMN ideamine.quota_answer.burst_allowed IS 'It passes the limit, which may be for a time';
COMMENT ON COLUMN ideamine.quota_answer.current IS 'What is in use, transactions in progress included';
COMMENT ON COLUMN ideamine.quota_answer."limit" IS 'How much may be in use, burst apart; infinity: no limit';
COMMENT ON COLUMN ideamine.quota_answer.remaining IS 'What is left of it';
COMMENT ON COLUMN ideamine.quota_answer.throttled_until IS 'Until when the tenant is throttled, if it is';
COMMENT ON COLUMN ideamine.quota_answer.reason IS 'Why it is not allowed: throttled, limit_exceeded or burst_exhausted';

-- No foreign key to tenants, as in jobs: quotas without a tenant are nobody's.
CREATE TABLE ideamine.tenant_quotas (
  tenant_id            text COLLATE "C" NOT NULL PRIMARY KEY,
  max_cpu_cores        numeric NOT NULL CHECK (max_cpu_cores >= 0 AND max_cpu_cores <> 'NaN'),
  max_memory_gb        numeric NOT NULL CHECK (max_memory_gb >= 0 AND max_memory_gb <> 'NaN'),
  max_storage_gb       numeric NOT NULL CHECK (max_storage_gb >= 0 AND max_storage_gb <> 'NaN'),
  max_tokens_per_day   numeric NOT NULL CHECK (max_tokens_per_day >= 0 AND max_tokens_per_day <> 'NaN'),
  max_cost_per_day_usd numeric NOT NULL CHECK (max_cost_per_day_usd >= 0 AND max_cost_per_day_usd <> 'NaN'),
  max_gpus             numeric NOT NULL CHECK (max_gpus >= 0 AND max_gpus <> 'NaN'),
  max_concurrent_runs  numeric NOT NULL CHECK (max_concurrent_runs >= 0 AND max_concurrent_runs <> 'NaN'),
  burst_percent        integer NOT NULL CHECK (burst_percent BETWEEN 0 AND 1000),
  burst_seconds        integer NOT NULL CHECK (burst_seconds BETWEEN 0 AND 86400),
  throttle_enabled     boolean NOT NULL,
  throttle_threshold   double precision NOT NULL CHECK (throttle_threshold > 0 AND throttle_threshold <= 1),
  time_zone            text NOT NULL,
  time_zone_since      timestamptz CHECK (time_zone_since IS NULL OR previous_time_zone IS NOT NULL),
  previous_time_zone   text,
  previous_time_zone_since timestamptz,
  updated_at           timestamptz NOT NULL
);
COMMENT ON TABLE ideamine.tenant_quotas IS
  'What tenants may use, as set_quotas() set it; a tenant without a row has what its tier gives. Infinity: no limit';
COMMENT ON COLUMN ideamine.tenant_quotas.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.tenant_quotas.max_cpu_cores IS 'Cores at a time';
COMMENT ON COLUMN ideamine.tenant_quotas.max_memory_gb IS 'GB of memory at a time';
COMMENT ON COLUMN ideamine.tenant_quotas.max_storage_gb IS 'GB of storage';
COMMENT ON COLUMN ideamine.tenant_quotas.max_tokens_per_day IS 'Tokens per day';
COMMENT ON COLUMN ideamine.tenant_quotas.max_cost_per_day_usd IS 'USD per day';
COMMENT ON COLUMN ideamine.tenant_quotas.max_gpus IS 'GPUs at a time';
COMMENT ON COLUMN ideamine.tenant_quotas.max_concurrent_runs IS 'Runs at a time; a job without a run counts as one';
COMMENT ON COLUMN ideamine.tenant_quotas.burst_percent IS 'By how many percent cpu and memory may pass their limits for a time';
COMMENT ON COLUMN ideamine.tenant_quotas.burst_seconds IS 'For how many seconds, since the limit was passed';
COMMENT ON COLUMN ideamine.tenant_quotas.throttle_enabled IS 'Whether the tenant is throttled when its usage crosses the threshold';
COMMENT ON COLUMN ideamine.tenant_quotas.throttle_threshold IS 'Which part of a limit that is, above 0 and up to 1';
COMMENT ON COLUMN ideamine.tenant_quotas.time_zone IS 'Where its days begin at midnight';
COMMENT ON COLUMN ideamine.tenant_quotas.time_zone_since IS 'The end of the day in which the time zone was changed';
COMMENT ON COLUMN ideamine.tenant_quotas.previous_time_zone IS 'Where they did until time_zone_since';
COMMENT ON COLUMN ideamine.tenant_quotas.previous_time_zone_since IS 'The end of the day in which that was set; NULL: ever';
COMMENT ON COLUMN ideamine.tenant_quotas.updated_at IS 'When they were last set';

-- The parent has no index, constraint or policy of its own, because partitions that are made at run time could not be
-- restored otherwise: make_day_partition() gives each of them its own.
CREATE TABLE ideamine.tenant_usage (
  tenant_id    text COLLATE "C" NOT NULL,
  resource     ideamine.resource NOT NULL,
  amount       numeric NOT NULL,
  window_start timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  run_id       uuid,
  job_id       uuid
) PARTITION BY RANGE (recorded_at);
COMMENT ON TABLE ideamine.tenant_usage IS
  'What tenants took and gave back, appended; one partition for each day (UTC), which retention drops when it is rolled up';
COMMENT ON COLUMN ideamine.tenant_usage.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.tenant_usage.resource IS 'See type ideamine.resource';
COMMENT ON COLUMN ideamine.tenant_usage.amount IS 'How much was allocated or consumed; below 0: given back';
COMMENT ON COLUMN ideamine.tenant_usage.window_start IS 'Start of the day that a counter counts it in; -infinity for a gauge';
COMMENT ON COLUMN ideamine.tenant_usage.recorded_at IS 'When it was recorded';
COMMENT ON COLUMN ideamine.tenant_usage.run_id IS 'The run that it was for, if that was said';
COMMENT ON COLUMN ideamine.tenant_usage.job_id IS 'The job that it was for, if that was said';

CREATE TABLE ideamine.tenant_usage_rollups (
  tenant_id    text COLLATE "C" NOT NULL,
  resource     ideamine.resource NOT NULL,
  window_start timestamptz NOT NULL,
  day          date NOT NULL,
  amount       numeric NOT NULL,
  entries      bigint NOT NULL,
  PRIMARY KEY (tenant_id, resource, window_start, day)
);
COMMENT ON TABLE ideamine.tenant_usage_rollups IS
  'Sums of tenant_usage by day, of all partitions that are over; they stay when the partitions go';
COMMENT ON COLUMN ideamine.tenant_usage_rollups.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.tenant_usage_rollups.resource IS 'See type ideamine.resource';
COMMENT ON COLUMN ideamine.tenant_usage_rollups.window_start IS 'Start of the day that a counter counted it in; -infinity for a gauge';
COMMENT ON COLUMN ideamine.tenant_usage_rollups.day IS 'The day (UTC) of its partition';
COMMENT ON COLUMN ideamine.tenant_usage_rollups.amount IS 'The sum';
COMMENT ON COLUMN ideamine.tenant_usage_rollups.entries IS 'Of how many rows';

-- What users consume, apart from what their tenants do; partitioned as tenant_usage.
CREATE TABLE ideamine.user_usage (
  tenant_id    text COLLATE "C" NOT NULL,
  project_id   text COLLATE "C" NOT NULL,
  user_id      text COLLATE "C" NOT NULL,
  resource     ideamine.resource NOT NULL,
  amount       numeric NOT NULL,
  window_start timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL
) PARTITION BY RANGE (recorded_at);
COMMENT ON TABLE ideamine.user_usage IS
  'What users consumed in projects, appended; one partition for each day (UTC), which retention drops';
COMMENT ON COLUMN ideamine.user_usage.tenant_id IS 'Tenant of the project';
COMMENT ON COLUMN ideamine.user_usage.project_id IS 'The project';
COMMENT ON COLUMN ideamine.user_usage.user_id IS 'The user';
COMMENT ON COLUMN ideamine.user_usage.resource IS 'tokens or cost';
COMMENT ON COLUMN ideamine.user_usage.amount IS 'How much was consumed; below 0: taken off by a reset';
COMMENT ON COLUMN ideamine.user_usage.window_start IS 'Start of the day that counts it';
COMMENT ON COLUMN ideamine.user_usage.recorded_at IS 'When it was recorded';

CREATE TABLE ideamine.user_quota_limits (
  user_id          text COLLATE "C" NOT NULL,
  project_id       text COLLATE "C" NOT NULL,
  tenant_id        text COLLATE "C" NOT NULL,
  max_tokens_daily numeric NOT NULL CHECK (max_tokens_daily >= 0 AND max_tokens_daily <> 'NaN'),
  max_cost_daily   numeric NOT NULL CHECK (max_cost_daily >= 0 AND max_cost_daily <> 'NaN'),
  updated_at       timestamptz NOT NULL,
  PRIMARY KEY (user_id, project_id, tenant_id)
);
COMMENT ON TABLE ideamine.user_quota_limits IS
  'What users may consume per day in projects; a row is made on first use. The view user_quotas shows it with what they did';
COMMENT ON COLUMN ideamine.user_quota_limits.user_id IS 'The user';
COMMENT ON COLUMN ideamine.user_quota_limits.project_id IS 'The project';
COMMENT ON COLUMN ideamine.user_quota_limits.tenant_id IS 'Tenant of the project';
COMMENT ON COLUMN ideamine.user_quota_limits.max_tokens_daily IS 'Tokens per day; infinity: no limit';
COMMENT ON COLUMN ideamine.user_quota_limits.max_cost_daily IS 'USD per day; infinity: no limit';
COMMENT ON COLUMN ideamine.user_quota_limits.updated_at IS 'When they were last set';

CREATE TABLE ideamine_internal.usage_horizon (
  only_row     boolean NOT NULL PRIMARY KEY CHECK (only_row),
  rolled_up_to timestamptz NOT NULL
);
COMMENT ON TABLE ideamine_internal.usage_horizon IS 'One row, or none at first: how far usage has been rolled up';
COMMENT ON COLUMN ideamine_internal.usage_horizon.only_row IS 'True';
COMMENT ON COLUMN ideamine_internal.usage_horizon.rolled_up_to IS 'What was recorded before this is in the rollups, whole; nothing is appended there any more';

CREATE TABLE ideamine.quota_violations (
  violation_id uuid NOT NULL,
  first_at     timestamptz NOT NULL,
  last_at      timestamptz NOT NULL,
  count        bigint NOT NULL,
  tenant_id    text COLLATE "C" NOT NULL,
  resource     ideamine.resource NOT NULL,
  action       ideamine.quota_action NOT NULL,
  severity     ideamine.severity NOT NULL,
  asked        numeric NOT NULL,
  used         numeric NOT NULL,
  "limit"      numeric NOT NULL,
  overage      numeric NOT NULL,
  percent      numeric NOT NULL,
  PRIMARY KEY (violation_id, tenant_id)
);
COMMENT ON TABLE ideamine.quota_violations IS
  'Requests that met a limit, whether or not their transactions were committed; repeats within a minute are counted on one row';
COMMENT ON COLUMN ideamine.quota_violations.violation_id IS 'UUID version 7';
COMMENT ON COLUMN ideamine.quota_violations.first_at IS 'When it happened first';
COMMENT ON COLUMN ideamine.quota_violations.last_at IS 'When it happened last';
COMMENT ON COLUMN ideamine.quota_violations.count IS 'How often';
COMMENT ON COLUMN ideamine.quota_violations.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.quota_violations.resource IS 'See type ideamine.resource';
COMMENT ON COLUMN ideamine.quota_violations.action IS 'See type ideamine.quota_action';
COMMENT ON COLUMN ideamine.quota_violations.severity IS 'See type ideamine.severity; of the worst of them';
COMMENT ON COLUMN ideamine.quota_violations.asked IS 'How much the worst of them asked for';
COMMENT ON COLUMN ideamine.quota_violations.used IS 'What was in use then, before a refusal or with what was allowed';
COMMENT ON COLUMN ideamine.quota_violations."limit" IS 'What the limit was';
COMMENT ON COLUMN ideamine.quota_violations.overage IS 'By how much it was, or would have been, passed';
COMMENT ON COLUMN ideamine.quota_violations.percent IS 'That in percent of the limit; infinity of a limit of 0';

CREATE INDEX quota_violations_of_tenant ON ideamine.quota_violations (tenant_id, last_at);
COMMENT ON INDEX ideamine.quota_violations_of_tenant IS 'Violations of a tenant by time';

SELECT pg_catalog.pg_extension_config_dump('ideamine.tenant_quotas', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.tenant_usage_rollups', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.usage_horizon', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.quota_violations', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.user_quota_limits', '');
GRANT SELECT ON ideamine.tenant_quotas, ideamine.tenant_usage, ideamine.tenant_usage_rollups, ideamine.quota_violations,
  ideamine.user_usage, ideamine.user_quota_limits
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT SELECT ON ideamine_internal.usage_horizon TO ideamine_admin;
