-- Settings: their defaults, units and ranges, who may change them, and that no other ideamine.* exists.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

-- All of them. To the library they are known only where it is loaded.
LOAD 'ideamine';
SELECT name, vartype AS type, boot_val AS "default", unit, min_val AS least, max_val AS most, context
FROM pg_settings WHERE name LIKE 'ideamine.%' ORDER BY name COLLATE "C";

-- Each says what it is, in a sentence.
SELECT name FROM pg_settings WHERE name LIKE 'ideamine.%' AND short_desc !~ '^[A-Z].*\.$';

-- Values with units.
SET ideamine.max_payload_size = '2MB';
SHOW ideamine.max_payload_size;
SET ideamine.lease_duration = '90s';
SHOW ideamine.lease_duration;
SET ideamine.retry_base = '1.5s';
SHOW ideamine.retry_base;
SET ideamine.retry_factor = 1.5;
SHOW ideamine.retry_factor;
SET ideamine.job_retention = '7d';
SHOW ideamine.job_retention;
RESET ALL;
SHOW ideamine.max_payload_size;
SHOW ideamine.lease_duration;
SHOW ideamine.worker_timeout;
SHOW ideamine.retry_base;
SHOW ideamine.retry_cap;
SHOW ideamine.max_retries;
SHOW ideamine.job_retention;
SHOW ideamine.dead_letter_retention;

-- Out of range, of the wrong type or unit.
\set VERBOSITY sqlstate
SET ideamine.max_payload_size = 0;
SET ideamine.max_payload_size = '257MB';
SET ideamine.max_batch_size = 0;
SET ideamine.lease_duration = 0;
SET ideamine.lease_duration = '25h';
SET ideamine.max_retries = -1;
SET ideamine.max_retries = 1001;
SET ideamine.retry_base = -1;
SET ideamine.retry_factor = 0.5;
SET ideamine.retry_factor = 'NaN';
SET ideamine.retry_cap = '25h';
SET ideamine.worker_timeout = 0;
SET ideamine.job_retention = 0;
SET ideamine.max_retries = 'many';
SET ideamine.lease_duration = '5 bananas';

-- The prefix is reserved: a misspelt setting is an error, not silence.
SET ideamine.max_retry = 3;
SELECT set_config('ideamine.tenant', 'acme', true);

-- The tenant is anyone's choice, being no permission; everything else is an administrator's.
CREATE ROLE regress_ideamine_anyone;
SET ROLE regress_ideamine_anyone;
SET ideamine.tenant_id = 'acme';
SHOW ideamine.tenant_id;
RESET ideamine.tenant_id;
SET ideamine.max_payload_size = '100MB';
SET ideamine.max_retries = 0;
SET ideamine.databases = 'postgres';
RESET ROLE;
DROP ROLE regress_ideamine_anyone;
\set VERBOSITY default
