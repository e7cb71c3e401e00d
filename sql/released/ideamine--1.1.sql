\echo Use "CREATE EXTENSION ideamine" to load this file. \quit

-- The two schemas and the roles that privileges are granted to.

CREATE SCHEMA ideamine;
COMMENT ON SCHEMA ideamine IS
  'The interface of the extension ideamine: jobs of many tenants, governed next to the data';

CREATE SCHEMA ideamine_internal;
COMMENT ON SCHEMA ideamine_internal IS
  'Bookkeeping of the extension ideamine; not an interface, and free to change';

-- Roles belong to the whole cluster: another database may have made them already, even at this moment.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['ideamine_reader', 'ideamine_app', 'ideamine_worker', 'ideamine_admin'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) role_name) THEN
        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA ideamine TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT USAGE ON SCHEMA ideamine_internal TO ideamine_admin;

-- access: who the platform works for.

CREATE TABLE ideamine.tenants (
  tenant_id  text COLLATE "C" NOT NULL PRIMARY KEY
             CONSTRAINT tenants_id_valid CHECK (octet_length(tenant_id) BETWEEN 1 AND 200
                                                AND tenant_id !~ '[\x01-\x1f\x7f]'),
  name       text NOT NULL,
  tier       text NOT NULL
             CONSTRAINT tenants_tier_known CHECK (tier IN ('free', 'standard', 'premium', 'enterprise')),
  metadata   jsonb NOT NULL,
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE ideamine.tenants IS
  'The customers and organisations that own jobs; default-tenant is made on first use';
COMMENT ON COLUMN ideamine.tenants.tenant_id IS 'Name of the tenant everywhere: 1 to 200 bytes, no control characters';
COMMENT ON COLUMN ideamine.tenants.name IS 'Name for people; the tenant_id if none was given';
COMMENT ON COLUMN ideamine.tenants.tier IS 'free, standard, premium or enterprise';
COMMENT ON COLUMN ideamine.tenants.metadata IS 'Whatever the platform keeps about the tenant';
COMMENT ON COLUMN ideamine.tenants.created_at IS 'When the tenant was made';

SELECT pg_catalog.pg_extension_config_dump('ideamine.tenants', '');
GRANT SELECT ON ideamine.tenants TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- workers: the registry of the processes that execute jobs.

CREATE TYPE ideamine.worker_status AS ENUM ('active', 'draining', 'degraded', 'failed', 'terminated');
COMMENT ON TYPE ideamine.worker_status IS
'active: takes jobs; draining: finishes what it holds and takes nothing new; degraded: takes jobs, but is
watched; failed: fell silent and was given up; terminated: said good-bye. The last two are final.';

-- A heartbeat changes no indexed column, and half-empty pages keep its new row version on the same page.
CREATE TABLE ideamine.workers (
  worker_id         uuid NOT NULL PRIMARY KEY,
  worker_type       text COLLATE "C" NOT NULL,
  capabilities      text[] COLLATE "C" NOT NULL,
  tenants           text[] COLLATE "C",
  capacity          integer CONSTRAINT workers_capacity_positive CHECK (capacity > 0),
  status            ideamine.worker_status NOT NULL,
  last_heartbeat_at timestamptz NOT NULL,
  metrics           jsonb,
  registered_at     timestamptz NOT NULL,
  ended_at          timestamptz,
  deviations        integer NOT NULL DEFAULT 0,
  replaced_by       uuid
) WITH (fillfactor = 50);
COMMENT ON TABLE ideamine.workers IS
  'One row per worker process: what it can do, whether it lives; workers belong to the platform, not to a tenant';
COMMENT ON COLUMN ideamine.workers.worker_id IS 'UUID version 7, new for each process that registers';
COMMENT ON COLUMN ideamine.workers.worker_type IS 'What kind of worker it is, for people and for successors';
COMMENT ON COLUMN ideamine.workers.capabilities IS 'What it can do, sorted; it gets jobs that require no more than these';
COMMENT ON COLUMN ideamine.workers.tenants IS 'The tenants whose jobs it may get, sorted; NULL: all of them';
COMMENT ON COLUMN ideamine.workers.capacity IS 'How many jobs it may hold at once; NULL: as many as it asks for';
COMMENT ON COLUMN ideamine.workers.status IS 'See type ideamine.worker_status';
COMMENT ON COLUMN ideamine.workers.last_heartbeat_at IS 'When it was last heard of';
COMMENT ON COLUMN ideamine.workers.metrics IS 'What it reported with its last heartbeat';
COMMENT ON COLUMN ideamine.workers.registered_at IS 'When it registered';
COMMENT ON COLUMN ideamine.workers.ended_at IS 'When it failed or was terminated; NULL while it lives';
COMMENT ON COLUMN ideamine.workers.deviations IS 'How many of its votes on quorum jobs in a row were outvoted';
COMMENT ON COLUMN ideamine.workers.replaced_by IS 'Its successor, if it failed and was replaced';

CREATE INDEX workers_alive ON ideamine.workers (worker_id)
  WHERE status IN ('active', 'draining', 'degraded');
COMMENT ON INDEX ideamine.workers_alive IS 'The workers that the sweep looks at; those that ended are kept for a while, and may be many';

SELECT pg_catalog.pg_extension_config_dump('ideamine.workers', '');
GRANT SELECT ON ideamine.workers TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- jobs: the queue, its graph, its history.

CREATE TYPE ideamine.job_status AS ENUM
  ('blocked', 'pending', 'running', 'completed', 'failed', 'cancelled', 'preempted', 'paused');
COMMENT ON TYPE ideamine.job_status IS
'blocked: waits for other jobs; pending: runnable once run_at is due; running: a worker holds its lease;
completed, failed (retries used up), cancelled: ended; preempted: gave way and will resume; paused: its run
or queue is paused.';

CREATE TYPE ideamine.priority_class AS ENUM ('P0', 'P1', 'P2', 'P3');
COMMENT ON TYPE ideamine.priority_class IS
'P0: critical, never preempted; P1: users wait for it; P2: normal, the default; P3: background';

CREATE TYPE ideamine.attempt_outcome AS ENUM
  ('completed', 'failed', 'lost', 'timed_out', 'released', 'cancelled');
COMMENT ON TYPE ideamine.attempt_outcome IS
'completed: with a result; failed: the worker said so; lost: the worker fell silent; timed_out: it ran past
the deadline; released: handed back unharmed; cancelled: the job was cancelled meanwhile.';

CREATE TYPE ideamine.failure_policy AS ENUM ('cancel', 'run', 'blocked');
COMMENT ON TYPE ideamine.failure_policy IS
'What becomes of a job when one that it waits for fails or is cancelled. cancel: it is cancelled too; run: it
runs all the same, with the failure in its context; blocked: it stays blocked.';

-- No foreign key to tenants: each insert would lock the tenant's row, and concurrent callers of one tenant
-- would build multixacts on it. create_job() and create_jobs() look the tenant up instead. Pages keep room for the
-- claim and the completion, so that new row versions stay on their page and WAL holds only what differs; the primary
-- key has three entries of a job until vacuum comes, hence its fillfactor. What is never NULL and of fixed length
-- stands first: its place in a row is known without walking along it.
CREATE TABLE ideamine.jobs (
  job_id                uuid NOT NULL,
  run_at                timestamptz NOT NULL,
  created_at            timestamptz NOT NULL,
  epoch                 bigint NOT NULL,
  status                ideamine.job_status NOT NULL,
  priority_class        ideamine.priority_class NOT NULL,
  attempt               integer NOT NULL,
  open_dependencies     integer NOT NULL CONSTRAINT jobs_open_dependencies_counted CHECK (open_dependencies >= 0),
  dependents            integer NOT NULL,
  tenant_id             text COLLATE "C" NOT NULL,
  required_capabilities text[] COLLATE "C" NOT NULL,
  job_type              text COLLATE "C" NOT NULL,
  queue                 text COLLATE "C" NOT NULL,
  payload               jsonb NOT NULL,
  ready_at              timestamptz,
  worker_id             uuid,
  started_at            timestamptz,
  finished_at           timestamptz,
  lease                 interval,
  timeout               interval,
  max_retries           integer,
  retry_base            interval,
  retry_factor          double precision,
  retry_cap             interval,
  run_id                uuid,
  project_id            text COLLATE "C",
  phase                 text COLLATE "C",
  checkpoint            jsonb,
  result                jsonb,
  last_error            text,
  cancel_reason         text,
  concurrency_key       text COLLATE "C",
  concurrency_limit     integer CONSTRAINT jobs_concurrency_limit_positive CHECK (concurrency_limit > 0),
  context               jsonb,
  quorum                integer CONSTRAINT jobs_quorum_positive CHECK (quorum > 0),
  quorum_of             uuid,
  PRIMARY KEY (job_id, tenant_id) WITH (fillfactor = 30)
) WITH (fillfactor = 50);
COMMENT ON TABLE ideamine.jobs IS 'One row per job, from its creation until retention removes it';
COMMENT ON COLUMN ideamine.jobs.job_id IS 'UUID version 7, made by the extension: ids sort by the time of creation';
COMMENT ON COLUMN ideamine.jobs.run_at IS 'Not to be run before this time; moved on by a retry that has to wait';
COMMENT ON COLUMN ideamine.jobs.created_at IS 'When it was created';
COMMENT ON COLUMN ideamine.jobs.epoch IS 'Number of its latest lease: grows with each claim and never repeats; 0 before the first';
COMMENT ON COLUMN ideamine.jobs.status IS 'See type ideamine.job_status';
COMMENT ON COLUMN ideamine.jobs.priority_class IS 'See type ideamine.priority_class';
COMMENT ON COLUMN ideamine.jobs.attempt IS 'How many attempts were begun; one that was handed back unharmed is not counted';
COMMENT ON COLUMN ideamine.jobs.open_dependencies IS 'How many of the jobs that it waits for have not been completed';
COMMENT ON COLUMN ideamine.jobs.dependents IS 'How many jobs were made to wait for this one';
COMMENT ON COLUMN ideamine.jobs.tenant_id IS 'The tenant that it belongs to';
COMMENT ON COLUMN ideamine.jobs.required_capabilities IS 'What a worker must be able to do to get it, sorted';
COMMENT ON COLUMN ideamine.jobs.job_type IS 'What the worker is to do';
COMMENT ON COLUMN ideamine.jobs.queue IS 'Queue of the tenant that it stands in';
COMMENT ON COLUMN ideamine.jobs.payload IS 'What the worker gets';
COMMENT ON COLUMN ideamine.jobs.ready_at IS 'Since when a pending job may be acquired; NULL while it is blocked or scheduled for later';
COMMENT ON COLUMN ideamine.jobs.worker_id IS 'The worker that holds its lease, or held the latest one';
COMMENT ON COLUMN ideamine.jobs.started_at IS 'When the latest attempt was acquired';
COMMENT ON COLUMN ideamine.jobs.finished_at IS 'When it was completed, failed or cancelled';
COMMENT ON COLUMN ideamine.jobs.lease IS 'Length of its latest lease, which each heartbeat of the worker renews';
COMMENT ON COLUMN ideamine.jobs.timeout IS 'Hard limit of one attempt, heartbeats or not; NULL: none';
COMMENT ON COLUMN ideamine.jobs.max_retries IS 'How often it is tried again; NULL: ideamine.max_retries';
COMMENT ON COLUMN ideamine.jobs.retry_base IS 'Delay before its first retry; NULL: ideamine.retry_base';
COMMENT ON COLUMN ideamine.jobs.retry_factor IS 'By what the delay grows with each retry; NULL: ideamine.retry_factor';
COMMENT ON COLUMN ideamine.jobs.retry_cap IS 'Longest delay before a retry; NULL: ideamine.retry_cap';
COMMENT ON COLUMN ideamine.jobs.run_id IS 'The run that it belongs to, if any';
COMMENT ON COLUMN ideamine.jobs.project_id IS 'The project that it belongs to, if any';
COMMENT ON COLUMN ideamine.jobs.phase IS 'The phase of its run, if any';
COMMENT ON COLUMN ideamine.jobs.checkpoint IS 'Where the next attempt may go on, left by release_job()';
COMMENT ON COLUMN ideamine.jobs.result IS 'What the attempt that completed it returned';
COMMENT ON COLUMN ideamine.jobs.last_error IS 'Error of the latest attempt that did not succeed';
COMMENT ON COLUMN ideamine.jobs.cancel_reason IS 'Why it was cancelled';
COMMENT ON COLUMN ideamine.jobs.concurrency_key IS 'Of the jobs of its tenant with this key at most concurrency_limit run at a time; NULL: no such limit';
COMMENT ON COLUMN ideamine.jobs.concurrency_limit IS 'How many jobs with its key may be running for it to be acquired as well, itself included';
COMMENT ON COLUMN ideamine.jobs.context IS 'What it should know of the jobs that it waited for: in failed an array of those that did not succeed (job_id, job_type, status, error)';
COMMENT ON COLUMN ideamine.jobs.quorum IS 'How many of its votes must agree for it to be completed; NULL for a job that a worker runs itself';
COMMENT ON COLUMN ideamine.jobs.quorum_of IS 'The job for which this one is a vote: it goes to a worker that has no other vote for that job';

-- The order of acquisition. What a job requires comes first, so that a worker looks only where it can serve:
-- a backlog that nobody can serve costs one look, however long it is.
CREATE INDEX jobs_ready ON ideamine.jobs (required_capabilities, priority_class, tenant_id, ready_at, job_id)
  WHERE status = 'pending' AND ready_at IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_ready IS 'Jobs that may be acquired now, in the order of acquisition';

CREATE INDEX jobs_scheduled ON ideamine.jobs (run_at)
  WHERE status = 'pending' AND ready_at IS NULL;
COMMENT ON INDEX ideamine.jobs_scheduled IS 'Jobs that wait for their time, in the order in which they come due';

CREATE INDEX jobs_running ON ideamine.jobs (worker_id)
  WHERE status = 'running';
COMMENT ON INDEX ideamine.jobs_running IS 'Live leases by worker: what a worker holds, and what the sweeps look at';

CREATE INDEX jobs_holding_key ON ideamine.jobs (tenant_id, concurrency_key)
  WHERE status = 'running' AND concurrency_key IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_holding_key IS 'Running jobs by concurrency key';

CREATE INDEX jobs_behind_key ON ideamine.jobs (tenant_id, concurrency_key, priority_class, ready_at, job_id)
  WHERE status = 'blocked' AND ready_at IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_behind_key IS 'Jobs that were ready but met no room for their concurrency key, in the order in which they come back';

CREATE INDEX jobs_aside ON ideamine.jobs (tenant_id, status, queue)
  WHERE status IN ('blocked', 'paused');
COMMENT ON INDEX ideamine.jobs_aside IS 'Jobs that have to be brought back before they may be acquired, for counting them and for resuming a queue';

CREATE INDEX jobs_votes ON ideamine.jobs (quorum_of, tenant_id)
  WHERE quorum_of IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_votes IS 'The votes for a job';

CREATE TABLE ideamine.job_dependencies (
  job_id     uuid NOT NULL,
  depends_on uuid NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  on_failure ideamine.failure_policy NOT NULL DEFAULT 'cancel',
  PRIMARY KEY (job_id, depends_on, tenant_id),
  CONSTRAINT job_dependencies_job_fkey FOREIGN KEY (job_id, tenant_id)
    REFERENCES ideamine.jobs (job_id, tenant_id) ON DELETE CASCADE,
  CONSTRAINT job_dependencies_depends_on_fkey FOREIGN KEY (depends_on, tenant_id)
    REFERENCES ideamine.jobs (job_id, tenant_id) ON DELETE CASCADE
);
COMMENT ON TABLE ideamine.job_dependencies IS 'Edges of the graph of jobs: each job with each job that it waits for';
COMMENT ON COLUMN ideamine.job_dependencies.job_id IS 'The job that waits';
COMMENT ON COLUMN ideamine.job_dependencies.depends_on IS 'The job that it waits for';
COMMENT ON COLUMN ideamine.job_dependencies.tenant_id IS 'Tenant of both';
COMMENT ON COLUMN ideamine.job_dependencies.on_failure IS 'See type ideamine.failure_policy';

CREATE INDEX job_dependencies_depends_on ON ideamine.job_dependencies (depends_on, tenant_id);
COMMENT ON INDEX ideamine.job_dependencies_depends_on IS 'The dependents of a job';

-- Appended when an attempt ends without completing its job: what is running, and what completed a job, stands
-- in the job's own row and need not be written twice. No foreign key: an append to history should not lock the
-- row that every other caller is waiting for, and retention removes it together with its job.
CREATE TABLE ideamine.ended_attempts (
  job_id     uuid NOT NULL,
  epoch      bigint NOT NULL,
  worker_id  uuid,
  started_at timestamptz NOT NULL,
  ended_at   timestamptz NOT NULL,
  attempt    integer NOT NULL,
  outcome    ideamine.attempt_outcome NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  error      text,
  PRIMARY KEY (job_id, epoch, tenant_id)
);
COMMENT ON TABLE ideamine.ended_attempts IS 'Attempts that ended without completing their job; the view job_executions shows all';
COMMENT ON COLUMN ideamine.ended_attempts.job_id IS 'The job';
COMMENT ON COLUMN ideamine.ended_attempts.epoch IS 'The lease';
COMMENT ON COLUMN ideamine.ended_attempts.worker_id IS 'The worker that held it';
COMMENT ON COLUMN ideamine.ended_attempts.started_at IS 'When it was acquired';
COMMENT ON COLUMN ideamine.ended_attempts.ended_at IS 'When it ended';
COMMENT ON COLUMN ideamine.ended_attempts.attempt IS 'Which attempt it was, from 1; one that was handed back shares its number with the next';
COMMENT ON COLUMN ideamine.ended_attempts.outcome IS 'See type ideamine.attempt_outcome';
COMMENT ON COLUMN ideamine.ended_attempts.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.ended_attempts.error IS 'What went wrong, if anything';

CREATE TABLE ideamine.dead_letter_queue (
  job_id                uuid NOT NULL,
  died_at               timestamptz NOT NULL,
  priority_class        ideamine.priority_class NOT NULL,
  attempt               integer NOT NULL,
  tenant_id             text COLLATE "C" NOT NULL,
  job_type              text COLLATE "C" NOT NULL,
  queue                 text COLLATE "C" NOT NULL,
  payload               jsonb NOT NULL,
  last_error            text,
  attempts              jsonb NOT NULL,
  PRIMARY KEY (job_id, tenant_id)
);
COMMENT ON TABLE ideamine.dead_letter_queue IS 'Jobs that ran out of retries, kept for ideamine.dead_letter_retention';
COMMENT ON COLUMN ideamine.dead_letter_queue.job_id IS 'The job';
COMMENT ON COLUMN ideamine.dead_letter_queue.died_at IS 'When its last attempt ended';
COMMENT ON COLUMN ideamine.dead_letter_queue.priority_class IS 'Its class when it died';
COMMENT ON COLUMN ideamine.dead_letter_queue.attempt IS 'How many attempts it had';
COMMENT ON COLUMN ideamine.dead_letter_queue.tenant_id IS 'The tenant that it belongs to';
COMMENT ON COLUMN ideamine.dead_letter_queue.job_type IS 'What the worker was to do';
COMMENT ON COLUMN ideamine.dead_letter_queue.queue IS 'Queue of the tenant that it stood in';
COMMENT ON COLUMN ideamine.dead_letter_queue.payload IS 'What the workers got';
COMMENT ON COLUMN ideamine.dead_letter_queue.last_error IS 'Error of its last attempt';
COMMENT ON COLUMN ideamine.dead_letter_queue.attempts IS 'All its attempts, oldest first: epoch, attempt, worker_id, started_at, ended_at, outcome, error';

CREATE INDEX dead_letter_queue_died ON ideamine.dead_letter_queue (died_at);
COMMENT ON INDEX ideamine.dead_letter_queue_died IS 'Dead letters by age, for retention';

-- What a worker has to be told about leases that ended without it; its next heartbeat takes it away.
CREATE TABLE ideamine_internal.stop_notices (
  worker_id uuid NOT NULL,
  tenant_id text COLLATE "C" NOT NULL,
  job_id    uuid NOT NULL,
  epoch     bigint NOT NULL,
  reason    text NOT NULL,
  made_at   timestamptz NOT NULL,
  PRIMARY KEY (worker_id, job_id, epoch, tenant_id)
);
COMMENT ON TABLE ideamine_internal.stop_notices IS 'Leases that ended while their worker ran them, until its next heartbeat tells it';
COMMENT ON COLUMN ideamine_internal.stop_notices.worker_id IS 'The worker to be told';
COMMENT ON COLUMN ideamine_internal.stop_notices.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine_internal.stop_notices.job_id IS 'The job that it is to stop';
COMMENT ON COLUMN ideamine_internal.stop_notices.epoch IS 'The lease that ended';
COMMENT ON COLUMN ideamine_internal.stop_notices.reason IS 'cancelled, lease lost or deadline';
COMMENT ON COLUMN ideamine_internal.stop_notices.made_at IS 'When the lease ended';

-- Upper half of every epoch. One row, made at the first claim; see next_epoch() in src/jobs/lease.hpp.
CREATE TABLE ideamine_internal.incarnation (
  singleton   boolean NOT NULL PRIMARY KEY CONSTRAINT incarnation_singleton CHECK (singleton),
  incarnation integer NOT NULL,
  raised_at   timestamptz NOT NULL,
  origin      text COLLATE "C" NOT NULL DEFAULT ''
);
COMMENT ON TABLE ideamine_internal.incarnation IS 'Grows when this database begins to hand out leases: after each start, and by more after a promotion or a restore';
COMMENT ON COLUMN ideamine_internal.incarnation.singleton IS 'Always true: there is one row';
COMMENT ON COLUMN ideamine_internal.incarnation.incarnation IS 'Upper 32 bits of the epochs handed out now';
COMMENT ON COLUMN ideamine_internal.incarnation.raised_at IS 'When the first lease after the latest start was handed out';
COMMENT ON COLUMN ideamine_internal.incarnation.origin IS 'Server, timeline and database that raised it: another one may not know of all that were handed out';

SELECT pg_catalog.pg_extension_config_dump('ideamine.jobs', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.job_dependencies', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.ended_attempts', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.dead_letter_queue', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.stop_notices', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.incarnation', '');

GRANT SELECT ON ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT SELECT ON ideamine_internal.stop_notices, ideamine_internal.incarnation TO ideamine_admin;

-- idempotency: which key stands for which job, and for how long.

-- Not partitioned: creating a job with a key is an INSERT … ON CONFLICT here. No foreign key: retention of jobs
-- and of keys go their own ways, and a key whose job is gone still says that the work was done.
CREATE TABLE ideamine.idempotency_keys (
  tenant_id       text COLLATE "C" NOT NULL,
  idempotence_key text COLLATE "C" NOT NULL,
  job_id          uuid NOT NULL,
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  hits            bigint NOT NULL,
  PRIMARY KEY (tenant_id, idempotence_key)
) WITH (fillfactor = 80);
COMMENT ON TABLE ideamine.idempotency_keys IS 'Keys under which jobs were created: the same key gives the same job until it expires';
COMMENT ON COLUMN ideamine.idempotency_keys.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.idempotency_keys.idempotence_key IS 'The key, 1 to 200 bytes';
COMMENT ON COLUMN ideamine.idempotency_keys.job_id IS 'The job that was created with it';
COMMENT ON COLUMN ideamine.idempotency_keys.created_at IS 'When';
COMMENT ON COLUMN ideamine.idempotency_keys.expires_at IS 'From when on the key makes a new job';
COMMENT ON COLUMN ideamine.idempotency_keys.hits IS 'How often the job was returned instead of being created again';

CREATE INDEX idempotency_keys_expiry ON ideamine.idempotency_keys (expires_at);
COMMENT ON INDEX ideamine.idempotency_keys_expiry IS 'Keys by the end of their life, for their removal';

-- What removed keys leave behind, so that the statistics are complete.
CREATE TABLE ideamine_internal.idempotency_expired (
  tenant_id text COLLATE "C" NOT NULL PRIMARY KEY,
  keys      bigint NOT NULL,
  hits      bigint NOT NULL
);
COMMENT ON TABLE ideamine_internal.idempotency_expired IS 'Per tenant the idempotency keys that have expired and were removed';
COMMENT ON COLUMN ideamine_internal.idempotency_expired.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine_internal.idempotency_expired.keys IS 'How many keys';
COMMENT ON COLUMN ideamine_internal.idempotency_expired.hits IS 'How often they had been met again while they lived';

SELECT pg_catalog.pg_extension_config_dump('ideamine.idempotency_keys', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.idempotency_expired', '');
GRANT SELECT ON ideamine.idempotency_keys TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT SELECT ON ideamine_internal.idempotency_expired TO ideamine_admin;

-- queues: which of them are paused.

CREATE TABLE ideamine.paused_queues (
  tenant_id text COLLATE "C" NOT NULL,
  queue     text COLLATE "C" NOT NULL,
  paused_at timestamptz NOT NULL,
  reason    text,
  PRIMARY KEY (tenant_id, queue)
);
COMMENT ON TABLE ideamine.paused_queues IS 'Queues whose jobs are not handed out until resume_queue()';
COMMENT ON COLUMN ideamine.paused_queues.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.paused_queues.queue IS 'Name of its queue';
COMMENT ON COLUMN ideamine.paused_queues.paused_at IS 'Since when';
COMMENT ON COLUMN ideamine.paused_queues.reason IS 'Why, as the one who paused it said';

SELECT pg_catalog.pg_extension_config_dump('ideamine.paused_queues', '');
GRANT SELECT ON ideamine.paused_queues TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- access: making tenants.

CREATE OR REPLACE FUNCTION ideamine.create_tenant(
  tenant_id text,
  name      text DEFAULT NULL,
  tier      text DEFAULT 'standard',
  metadata  jsonb DEFAULT NULL
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_create_tenant';
COMMENT ON FUNCTION ideamine.create_tenant(text, text, text, jsonb) IS
'Makes a tenant. True if it was made, false if it was there already (it is left as it is).
tenant_id: 1 to 200 bytes, no control characters; name: for people, default the tenant_id;
tier: free, standard, premium or enterprise; metadata: a JSON object.
Errors: ID400 invalid id, tier or metadata.';
REVOKE ALL ON FUNCTION ideamine.create_tenant(text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.create_tenant(text, text, text, jsonb) TO ideamine_admin;

-- workers: their life, and the leases that they hold.

CREATE OR REPLACE FUNCTION ideamine.register_worker(
  worker_type  text,
  capabilities text[] DEFAULT '{}',
  capacity     integer DEFAULT NULL,
  tenants      text[] DEFAULT NULL
) RETURNS uuid
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_register_worker';
COMMENT ON FUNCTION ideamine.register_worker(text, text[], integer, text[]) IS
'Registers the calling process as a new worker and returns its id. Each process registers anew.
capabilities: what it can do (at most 64); it gets jobs that require no more than these;
capacity: how many jobs it may hold at once, NULL for no bound of its own;
tenants: the tenants it works for (at most 1000), NULL for all.
Errors: ID400 invalid name or capacity, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.register_worker(text, text[], integer, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.register_worker(text, text[], integer, text[]) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.heartbeat(
  worker_id uuid,
  metrics   jsonb DEFAULT NULL
) RETURNS TABLE (tenant_id text, job_id uuid, epoch bigint, reason text)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_heartbeat';
COMMENT ON FUNCTION ideamine.heartbeat(uuid, jsonb) IS
'Says that the worker lives: extends each of its leases by that lease''s own length. Call it every 30 s.
Returns those of its jobs that it is to stop, each once, and why: cancelled, lease lost or deadline.
metrics: a JSON object that the registry keeps until the next one; NULL keeps the last.
Errors: ID404 unknown worker; ID410 the worker was given up or terminated, its leases are gone: register anew.';
REVOKE ALL ON FUNCTION ideamine.heartbeat(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.heartbeat(uuid, jsonb) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.acquire_jobs(
  worker_id uuid,
  max_jobs  integer DEFAULT 1,
  lease     interval DEFAULT NULL
) RETURNS TABLE (
  tenant_id        text,
  job_id           uuid,
  epoch            bigint,
  attempt          integer,
  job_type         text,
  payload          jsonb,
  checkpoint       jsonb,
  lease_expires_at timestamptz,
  deadline         timestamptz,
  context          jsonb
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_acquire_jobs_in_context';
COMMENT ON FUNCTION ideamine.acquire_jobs(uuid, integer, interval) IS
'Leases up to max_jobs runnable jobs to a worker, the highest class first; within a class tenants take
turns, and within a tenant the job that has been ready longest goes first. Jobs are passed over that
require what the worker cannot do or belong to tenants that it does not serve. No row: nothing to do now.
Every later call about a job names its epoch. lease_expires_at is without further heartbeats, deadline is
the hard limit of this attempt (NULL: none); checkpoint is where an earlier attempt left off; context says in
failed which of the jobs that it waited for did not succeed, if it runs all the same.
A transaction that does nothing else does not wait for the disk at commit: a crash of the server may forget its
claims, and then refuses what is done under them.
max_jobs: 1 to 10000, also bounded by the worker''s capacity; lease: 1 s to 1 day, default ideamine.lease_duration.
A draining worker gets nothing. Errors: ID400 invalid argument, ID404 unknown worker, ID410 the worker has
ended, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.acquire_jobs(uuid, integer, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.acquire_jobs(uuid, integer, interval) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.drain_worker(worker_id uuid) RETURNS integer
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_drain_worker';
COMMENT ON FUNCTION ideamine.drain_worker(uuid) IS
'Lets a worker finish what it holds and take nothing new. Returns how many jobs it still holds.
Errors: ID404 unknown worker; ID410 the worker has ended.';
REVOKE ALL ON FUNCTION ideamine.drain_worker(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.drain_worker(uuid) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.terminate_worker(worker_id uuid) RETURNS integer
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_terminate_worker';
COMMENT ON FUNCTION ideamine.terminate_worker(uuid) IS
'Ends a worker. The jobs that it holds are handed back unharmed, without using up an attempt.
Returns how many those were; ending it again does nothing and returns 0.
Errors: ID404 unknown worker.';
REVOKE ALL ON FUNCTION ideamine.terminate_worker(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.terminate_worker(uuid) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.replace_failed_worker(worker_id uuid) RETURNS uuid
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_replace_failed_worker';
COMMENT ON FUNCTION ideamine.replace_failed_worker(uuid) IS
'Registers a successor of a worker that failed, of the same type, capabilities, tenants and capacity, for a new
process to take over. Returns its id; called again, the same one.
Errors: ID400 missing id, ID404 unknown worker, ID409 the worker has not failed.';
REVOKE ALL ON FUNCTION ideamine.replace_failed_worker(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.replace_failed_worker(uuid) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.mark_stale_workers(
  at timestamptz DEFAULT NULL
) RETURNS TABLE (worker_id uuid, jobs_requeued integer, jobs_dead integer)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_mark_stale_workers';
COMMENT ON FUNCTION ideamine.mark_stale_workers(timestamptz) IS
'One pass of the duty that gives up workers which were silent for ideamine.worker_timeout: each becomes
failed, and its jobs are requeued at once (the attempt counts and ends as lost) or, with their retries
used up, go to the dead letter queue. What somebody is reporting on meanwhile is left to expire_leases().
Returns a row per worker given up. With ideamine.auto_replace_workers, each that ever gave a sign of life gets a
successor, see replace_failed_worker().
at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.mark_stale_workers(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.mark_stale_workers(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.expire_leases(
  at timestamptz DEFAULT NULL
) RETURNS TABLE (tenant_id text, job_id uuid, epoch bigint, worker_id uuid, status ideamine.job_status)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_expire_leases';
COMMENT ON FUNCTION ideamine.expire_leases(timestamptz) IS
'One pass of the duty that takes back jobs whose lease ran out without a heartbeat (requeued at once; the
attempt counts and ends as lost) or which ran past their deadline (retried after a delay, as a failure; the
attempt ends as timed_out). With their retries used up they go to the dead letter queue. Returns a row per
lease that it ended, with the job''s status now. at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.expire_leases(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.expire_leases(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.purge_workers(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_purge_workers';
COMMENT ON FUNCTION ideamine.purge_workers(timestamptz) IS
'One pass of the duty that forgets workers which ended longer than ideamine.job_retention ago.
Returns how many. at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.purge_workers(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.purge_workers(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.exchange_jobs(
  worker_id uuid,
  done      jsonb DEFAULT NULL,
  max_jobs  integer DEFAULT 1,
  lease     interval DEFAULT NULL,
  strict    boolean DEFAULT false
) RETURNS TABLE (
  tenant_id        text,
  job_id           uuid,
  epoch            bigint,
  attempt          integer,
  job_type         text,
  payload          jsonb,
  checkpoint       jsonb,
  lease_expires_at timestamptz,
  deadline         timestamptz,
  context          jsonb,
  answer           text
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_exchange_jobs';
COMMENT ON FUNCTION ideamine.exchange_jobs(uuid, jsonb, integer, interval, boolean) IS
'complete_jobs() and acquire_jobs() in one call and one commit. Returns first a row for each completion, with its
answer (ok, stale or unknown), and then one for each new job, as acquire_jobs() does, whose answer is NULL.
done: as in complete_jobs(), NULL for none; strict: one stale or unknown lease raises, and nothing is done;
max_jobs, lease: as in acquire_jobs().
Errors: those of both.';
REVOKE ALL ON FUNCTION ideamine.exchange_jobs(uuid, jsonb, integer, interval, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.exchange_jobs(uuid, jsonb, integer, interval, boolean) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.next_work_at(worker_id uuid) RETURNS timestamptz
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_next_work_at';
COMMENT ON FUNCTION ideamine.next_work_at(uuid) IS
'When there may be work for a worker: -infinity if acquire_jobs() may find some now, or else when the next
scheduled job comes due, and NULL if none is scheduled or the worker takes no more jobs. A sign of life of the worker.
Errors: ID400 missing id, ID404 unknown worker, ID410 the worker has ended.';
REVOKE ALL ON FUNCTION ideamine.next_work_at(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.next_work_at(uuid) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE PROCEDURE ideamine.wait_for_jobs(
  worker_id uuid,
  timeout   interval DEFAULT '30 seconds'
)
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_wait_for_jobs';
COMMENT ON PROCEDURE ideamine.wait_for_jobs(uuid, interval) IS
'Sleeps until there may be work for a worker, or the timeout is over; acquire_jobs() then says which. The commit
that makes a job runnable wakes it. While it sleeps it holds no snapshot and keeps the worker alive.
CALL it by itself: inside a transaction block it raises 2D000.
timeout: 0 to 24 hours. Errors: ID400 invalid timeout, ID404 unknown worker, ID410 the worker has ended, ID429 too
many sessions wait, ID503 the library is not preloaded.';
REVOKE ALL ON PROCEDURE ideamine.wait_for_jobs(uuid, interval) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE ideamine.wait_for_jobs(uuid, interval) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_workers WITH (security_invoker = true) AS
  SELECT w.worker_id, w.worker_type, w.status, w.capabilities, w.tenants, w.capacity, held.jobs AS jobs_held,
         held.oldest AS current_job_id, w.last_heartbeat_at,
         CASE WHEN w.ended_at IS NULL THEN pg_catalog.clock_timestamp() - w.last_heartbeat_at END AS silent_for,
         w.metrics, w.deviations, w.registered_at, w.ended_at, w.replaced_by
  FROM ideamine.workers AS w
  CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, (pg_catalog.array_agg(j.job_id ORDER BY j.started_at, j.job_id))[1] AS oldest
    FROM ideamine.jobs AS j WHERE j.status = 'running' AND j.worker_id = w.worker_id) AS held;
COMMENT ON VIEW ideamine.v_workers IS 'Workers, with what they hold';
COMMENT ON COLUMN ideamine.v_workers.worker_id IS 'The worker';
COMMENT ON COLUMN ideamine.v_workers.worker_type IS 'What kind of worker it is';
COMMENT ON COLUMN ideamine.v_workers.status IS 'See type ideamine.worker_status';
COMMENT ON COLUMN ideamine.v_workers.capabilities IS 'What it can do';
COMMENT ON COLUMN ideamine.v_workers.tenants IS 'Whose jobs it takes; NULL: everybody''s';
COMMENT ON COLUMN ideamine.v_workers.capacity IS 'How many jobs it holds at most; NULL: no limit';
COMMENT ON COLUMN ideamine.v_workers.jobs_held IS 'How many leases it holds';
COMMENT ON COLUMN ideamine.v_workers.current_job_id IS 'The job that it holds longest';
COMMENT ON COLUMN ideamine.v_workers.last_heartbeat_at IS 'Its last sign of life';
COMMENT ON COLUMN ideamine.v_workers.silent_for IS 'Time since then; NULL for one that has ended';
COMMENT ON COLUMN ideamine.v_workers.metrics IS 'What it last said about itself';
COMMENT ON COLUMN ideamine.v_workers.deviations IS 'How many of its votes on quorum jobs in a row were outvoted';
COMMENT ON COLUMN ideamine.v_workers.registered_at IS 'When it registered';
COMMENT ON COLUMN ideamine.v_workers.ended_at IS 'When it failed or was terminated';
COMMENT ON COLUMN ideamine.v_workers.replaced_by IS 'Its successor, if it failed and was replaced';
GRANT SELECT ON ideamine.v_workers TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- jobs: creating, looking, ending, cancelling, and what time does to them.

CREATE OR REPLACE FUNCTION ideamine.create_job(
  tenant_id      text,
  job_type       text,
  payload        jsonb DEFAULT '{}',
  priority_class text DEFAULT 'P2',
  run_at         timestamptz DEFAULT NULL,
  depends_on     uuid[] DEFAULT '{}',
  options        jsonb DEFAULT NULL
) RETURNS TABLE (job_id uuid, created boolean)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_create_job';
COMMENT ON FUNCTION ideamine.create_job(text, text, jsonb, text, timestamptz, uuid[], jsonb) IS
'Creates one job.
tenant_id: NULL means the setting ideamine.tenant_id; default-tenant is made on first use;
Returns its id, and created: false if the idempotency key stands for a job already, whose id it is.
payload: any JSON, at most ideamine.max_payload_size;
priority_class: P0 to P3, or 1 to 5 of older applications (5 is P0, 4 is P1, 3 and 2 are P2, 1 is P3);
run_at: not before this time, default now; depends_on: jobs of the same tenant that must be completed first;
options: queue (default "default"), required_capabilities (array), max_retries (0 to 1000),
retry_base, retry_cap and timeout (intervals), retry_factor (1 to 100), project, run (uuid), phase;
on_failure: what becomes of the job when one that it depends on fails or is cancelled: cancel (default), run
(all the same, with the failure in its context) or blocked (it stays so);
idempotency_key: the same key gives the same job for ideamine.idempotency_ttl, see idempotency_key();
concurrency_key, concurrency_limit (default 1): of the tenant''s jobs with the key at most so many run at a time;
quorum: {"votes": n, "agree": k}: n different workers run it, and it is completed when k results are the same.
Errors: ID400 invalid argument or unknown option, ID404 unknown tenant or job, ID413 payload too large,
ID422 a dependency is named twice, or is a vote.';
REVOKE ALL ON FUNCTION ideamine.create_job(text, text, jsonb, text, timestamptz, uuid[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.create_job(text, text, jsonb, text, timestamptz, uuid[], jsonb)
  TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.create_jobs(
  tenant_id text,
  jobs      jsonb
) RETURNS TABLE (key text, job_id uuid, created boolean)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_create_jobs';
COMMENT ON FUNCTION ideamine.create_jobs(text, jsonb) IS
'Creates many jobs in one call, all or none. Returns a row per job, in the order of the array.
jobs: an array of objects, at most ideamine.max_batch_size, each with job_type and, as needed, key (the
caller''s name for the job within this call), payload, priority_class, run_at, the options of create_job(),
and depends_on: an array of keys of this call or ids of jobs of the tenant, each a string or
{"job": "…", "on_failure": "…"}.
Errors: as create_job(), naming the job by its position (from 1) and key; ID422 a key used twice, an edge
named twice or a cycle (named in DETAIL), ID413 too many jobs.';
REVOKE ALL ON FUNCTION ideamine.create_jobs(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.create_jobs(text, jsonb) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE VIEW ideamine.job_executions WITH (security_invoker = true) AS
  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, ended_at - started_at AS duration,
         outcome, error
  FROM ideamine.ended_attempts
  UNION ALL
  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, finished_at, finished_at - started_at,
         'completed', NULL
  FROM ideamine.jobs WHERE status = 'completed' AND quorum IS NULL;
COMMENT ON VIEW ideamine.job_executions IS 'The audit trail: one row per attempt that ended';
COMMENT ON COLUMN ideamine.job_executions.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.job_executions.job_id IS 'The job';
COMMENT ON COLUMN ideamine.job_executions.epoch IS 'The lease';
COMMENT ON COLUMN ideamine.job_executions.attempt IS 'Which attempt it was, from 1; one that was handed back shares its number with the next';
COMMENT ON COLUMN ideamine.job_executions.worker_id IS 'The worker that held it';
COMMENT ON COLUMN ideamine.job_executions.started_at IS 'When it was acquired';
COMMENT ON COLUMN ideamine.job_executions.ended_at IS 'When it ended';
COMMENT ON COLUMN ideamine.job_executions.duration IS 'From its start to its end';
COMMENT ON COLUMN ideamine.job_executions.outcome IS 'See type ideamine.attempt_outcome';
COMMENT ON COLUMN ideamine.job_executions.error IS 'What went wrong, if anything';
GRANT SELECT ON ideamine.job_executions TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_job_attempts WITH (security_invoker = true) AS
  SELECT e.tenant_id, e.job_id,
         pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
           'epoch', e.epoch, 'attempt', e.attempt, 'worker_id', e.worker_id, 'started_at', e.started_at,
           'ended_at', e.ended_at, 'outcome', e.outcome, 'error', e.error) ORDER BY e.epoch) AS attempts
  FROM ideamine.job_executions e
  GROUP BY e.job_id, e.tenant_id;
COMMENT ON VIEW ideamine.v_job_attempts IS 'Per job every attempt that ended, as one JSON array';
COMMENT ON COLUMN ideamine.v_job_attempts.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.v_job_attempts.job_id IS 'The job';
COMMENT ON COLUMN ideamine.v_job_attempts.attempts IS
  'Oldest first: epoch, attempt, worker_id, started_at, ended_at, outcome, error';
GRANT SELECT ON ideamine.v_job_attempts TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_job(
  tenant_id text,
  job_id    uuid
) RETURNS TABLE (
  job_type          text,
  queue             text,
  priority_class    ideamine.priority_class,
  status            ideamine.job_status,
  payload           jsonb,
  result            jsonb,
  last_error        text,
  cancel_reason     text,
  attempt           integer,
  attempts          jsonb,
  open_dependencies integer,
  worker_id         uuid,
  epoch             bigint,
  run_at            timestamptz,
  created_at        timestamptz,
  started_at        timestamptz,
  finished_at       timestamptz
)
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_get_job';
COMMENT ON FUNCTION ideamine.get_job(text, uuid) IS
'What is known of one job: its status, its result, and in attempts every attempt that ended, oldest first
(epoch, attempt, worker_id, started_at, ended_at, outcome, error). worker_id and epoch are those of the
latest lease, epoch 0 before the first.
tenant_id: NULL means the setting ideamine.tenant_id.
Errors: ID400 missing id, ID404 unknown job.';
REVOKE ALL ON FUNCTION ideamine.get_job(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_job(text, uuid) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_runnable_jobs(
  tenant_id text DEFAULT NULL,
  max_jobs  integer DEFAULT 100
) RETURNS TABLE (
  "position"            bigint,
  job_id                uuid,
  job_type              text,
  queue                 text,
  priority_class        ideamine.priority_class,
  required_capabilities text[],
  ready_at              timestamptz
)
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_get_runnable_jobs';
COMMENT ON FUNCTION ideamine.get_runnable_jobs(text, integer) IS
'Read only: the jobs of a tenant that could be acquired now by a worker with the capabilities that each
requires, in the order of acquisition; position counts from 1. Jobs whose time has come are among them, also
before the background worker has noticed.
tenant_id: NULL means the setting ideamine.tenant_id; max_jobs: 1 to 10000.
Errors: ID400 max_jobs out of range, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.get_runnable_jobs(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_runnable_jobs(text, integer)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.complete_job(
  tenant_id text,
  job_id    uuid,
  epoch     bigint,
  result    jsonb DEFAULT NULL
) RETURNS integer
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_complete_job';
COMMENT ON FUNCTION ideamine.complete_job(text, uuid, bigint, jsonb) IS
'Ends an attempt with its result. Returns how many dependents this made runnable.
epoch: as acquire_jobs() gave it; result: at most ideamine.max_payload_size.
Errors: ID400 missing argument, ID404 unknown job, ID413 result too large; ID409 the lease is stale: somebody
else has the job, or it has ended (raised so that the caller''s own writes roll back too).';
REVOKE ALL ON FUNCTION ideamine.complete_job(text, uuid, bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.complete_job(text, uuid, bigint, jsonb) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.complete_jobs(
  completions jsonb,
  strict      boolean DEFAULT false
) RETURNS TABLE (tenant_id text, job_id uuid, answer text)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_complete_jobs';
COMMENT ON FUNCTION ideamine.complete_jobs(jsonb, boolean) IS
'Ends many attempts in one call. Answers per job, in the order of the array: ok, stale (somebody else has the
job, or it has ended) or unknown.
completions: an array of objects with job_id, epoch, and as needed tenant_id (default ideamine.tenant_id) and
result; at most ideamine.max_batch_size; strict: one stale or unknown lease raises, and nothing is done.
Errors: ID400 invalid argument or unknown key, naming the position (from 1); ID413 too many, or result too
large; ID404 and ID409 with strict.';
REVOKE ALL ON FUNCTION ideamine.complete_jobs(jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.complete_jobs(jsonb, boolean) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.fail_job(
  tenant_id   text,
  job_id      uuid,
  epoch       bigint,
  error       text,
  retryable   boolean DEFAULT true,
  retry_after interval DEFAULT NULL
) RETURNS TABLE (status ideamine.job_status, retry_at timestamptz, retries_left integer)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_fail_job';
COMMENT ON FUNCTION ideamine.fail_job(text, uuid, bigint, text, boolean, interval) IS
'Ends an attempt with an error. The job is tried again at retry_at, min(base * factor^retry + jitter, cap) from
now (status pending), or, with its retries used up or retryable false, goes to the dead letter queue
(status failed), and the jobs that wait for it are cancelled, or as their on_failure says.
epoch: as acquire_jobs() gave it; error: kept up to 16 kB; retry_after: what the provider asked for, used instead of the computed delay, 0 to 365 days.
Errors: ID400 missing or invalid argument, ID404 unknown job, ID409 the lease is stale.';
REVOKE ALL ON FUNCTION ideamine.fail_job(text, uuid, bigint, text, boolean, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.fail_job(text, uuid, bigint, text, boolean, interval) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.release_job(
  tenant_id  text,
  job_id     uuid,
  epoch      bigint,
  checkpoint jsonb DEFAULT NULL
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_release_job';
COMMENT ON FUNCTION ideamine.release_job(text, uuid, bigint, jsonb) IS
'Hands a job back unharmed, as a worker does that shuts down: it is runnable at once, first in its class, and
no attempt is used up. epoch: as acquire_jobs() gave it; checkpoint: where the next attempt may go on, at most ideamine.max_payload_size; NULL
keeps what there is.
Errors: ID400 missing argument, ID404 unknown job, ID409 the lease is stale, ID413 checkpoint too large.';
REVOKE ALL ON FUNCTION ideamine.release_job(text, uuid, bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.release_job(text, uuid, bigint, jsonb) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.cancel_job(
  tenant_id text,
  job_id    uuid,
  reason    text DEFAULT NULL
) RETURNS TABLE (status ideamine.job_status, cancelled integer)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_cancel_job';
COMMENT ON FUNCTION ideamine.cancel_job(text, uuid, text) IS
'Cancels a job, and the jobs that wait for it as their on_failure says. If it is running, its worker learns so at its next heartbeat, and
a later result for it is refused. Returns the job''s status and how many jobs this call cancelled: none if the
job had ended already.
reason: kept up to 16 kB. Errors: ID400 missing id, ID404 unknown job.';
REVOKE ALL ON FUNCTION ideamine.cancel_job(text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.cancel_job(text, uuid, text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.promote_scheduled_jobs(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_promote_scheduled_jobs';
COMMENT ON FUNCTION ideamine.promote_scheduled_jobs(timestamptz) IS
'One pass of the duty that makes pending jobs runnable whose run_at has come. Returns how many.
A worker that finds less than it asked for does the same for itself. at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.promote_scheduled_jobs(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.promote_scheduled_jobs(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.purge_finished_jobs(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_purge_finished_jobs';
COMMENT ON FUNCTION ideamine.purge_finished_jobs(timestamptz) IS
'One pass of the duty that removes jobs which ended longer than ideamine.job_retention ago, with their edges
and attempts; at most 10000 a pass. Jobs with a dead letter, failures that a blocked job waits for, and votes
on a job that is not decided stay. Returns how many jobs. at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.purge_finished_jobs(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.purge_finished_jobs(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.purge_dead_letters(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_purge_dead_letters';
COMMENT ON FUNCTION ideamine.purge_dead_letters(timestamptz) IS
'One pass of the duty that removes dead letters older than ideamine.dead_letter_retention; at most 10000 a pass.
Returns how many. at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.purge_dead_letters(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.purge_dead_letters(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.readmit_waiting_jobs() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_readmit_waiting_jobs';
COMMENT ON FUNCTION ideamine.readmit_waiting_jobs() IS
'One pass of the duty that brings back jobs which wait for their concurrency key although it has room, as after
changes that were made by hand. Usually the end of a running job does that. Returns how many.';
REVOKE ALL ON FUNCTION ideamine.readmit_waiting_jobs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.readmit_waiting_jobs() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.retry_dead_letters(
  tenant_id text,
  filter    jsonb DEFAULT NULL
) RETURNS TABLE (job_id uuid)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_retry_dead_letters';
COMMENT ON FUNCTION ideamine.retry_dead_letters(text, jsonb) IS
'Takes jobs out of the dead letter queue, those that died first, and makes them runnable with all their retries.
Returns their ids. Jobs that were cancelled because it died stay so. A job on which workers vote is left until
what its votes wait for has ended.
tenant_id: NULL means the setting ideamine.tenant_id; filter: which letters, default all: job_ids (array),
job_type, queue, priority_class, died_after, died_before (times), limit (1 to 1000000, default 10000).
Errors: ID400 unknown key or invalid value, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.retry_dead_letters(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.retry_dead_letters(text, jsonb) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.explain_job(
  tenant_id text,
  job_id    uuid
) RETURNS TABLE (
  reason      text,
  explanation text,
  related_job uuid,
  until       timestamptz
)
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_explain_job';
COMMENT ON FUNCTION ideamine.explain_job(text, uuid) IS
'Why a job is not running: a row for each thing that it waits for, in words (explanation) and for programs
(reason): ended, running, dependency (related_job), quorum, concurrency, queue_paused, scheduled (until),
no_worker, in_line. running: until its lease ends without further heartbeats.
tenant_id: NULL means the setting ideamine.tenant_id. Errors: ID400 missing id, ID404 unknown job.';
REVOKE ALL ON FUNCTION ideamine.explain_job(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.explain_job(text, uuid) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- A turn is one job of each tenant; who has the first one is left to the workers.
CREATE OR REPLACE VIEW ideamine.v_priority_queue WITH (security_invoker = true) AS
  SELECT row_number() OVER (ORDER BY priority_class, turn, ready_at, job_id) AS "position",
         tenant_id, job_id, job_type, queue, priority_class, turn, required_capabilities, ready_at,
         pg_catalog.clock_timestamp() - ready_at AS waited
  FROM (SELECT *, row_number() OVER (PARTITION BY priority_class, tenant_id ORDER BY ready_at, job_id) AS turn
        FROM ideamine.jobs AS j
        WHERE status = 'pending' AND ready_at IS NOT NULL AND NOT EXISTS (
          SELECT FROM ideamine.paused_queues AS q WHERE q.tenant_id = j.tenant_id AND q.queue = j.queue)) AS runnable;
COMMENT ON VIEW ideamine.v_priority_queue IS
  'Runnable jobs of all tenants, in the order in which workers that can do everything would get them';
COMMENT ON COLUMN ideamine.v_priority_queue."position" IS 'Place in that order, from 1';
COMMENT ON COLUMN ideamine.v_priority_queue.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.v_priority_queue.job_id IS 'The job';
COMMENT ON COLUMN ideamine.v_priority_queue.job_type IS 'What the worker is to do';
COMMENT ON COLUMN ideamine.v_priority_queue.queue IS 'Queue of the tenant that it stands in';
COMMENT ON COLUMN ideamine.v_priority_queue.priority_class IS 'See type ideamine.priority_class';
COMMENT ON COLUMN ideamine.v_priority_queue.turn IS 'Its place among the jobs of its tenant and class, from 1: tenants take turns';
COMMENT ON COLUMN ideamine.v_priority_queue.required_capabilities IS 'What a worker must be able to do to get it';
COMMENT ON COLUMN ideamine.v_priority_queue.ready_at IS 'Since when it may be acquired';
COMMENT ON COLUMN ideamine.v_priority_queue.waited IS 'For how long';
GRANT SELECT ON ideamine.v_priority_queue TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- Looks only at what lives, and by index: ended jobs may be many. What came to a paused queue is pending until a
-- worker meets it.
CREATE OR REPLACE VIEW ideamine.v_job_counts WITH (security_invoker = true) AS
  SELECT tenant_id,
         pg_catalog.sum(ready)::bigint AS ready, pg_catalog.sum(scheduled)::bigint AS scheduled,
         pg_catalog.sum(blocked)::bigint AS blocked, pg_catalog.sum(running)::bigint AS running,
         pg_catalog.sum(paused)::bigint AS paused, pg_catalog.sum(dead)::bigint AS dead
  FROM (
    SELECT tenant_id, count(*) AS ready, 0 AS scheduled, 0 AS blocked, 0 AS running, 0 AS paused, 0 AS dead
    FROM ideamine.jobs WHERE status = 'pending' AND ready_at IS NOT NULL GROUP BY tenant_id
    UNION ALL
    SELECT tenant_id, 0, count(*), 0, 0, 0, 0
    FROM ideamine.jobs WHERE status = 'pending' AND ready_at IS NULL GROUP BY tenant_id
    UNION ALL
    SELECT tenant_id, 0, 0, count(*) FILTER (WHERE status = 'blocked'), 0, count(*) FILTER (WHERE status = 'paused'), 0
    FROM ideamine.jobs WHERE status IN ('blocked', 'paused') GROUP BY tenant_id
    UNION ALL
    SELECT q.tenant_id, -count(*), 0, 0, 0, count(*), 0
    FROM ideamine.paused_queues AS q JOIN ideamine.jobs AS j ON j.tenant_id = q.tenant_id AND j.queue = q.queue
    WHERE j.status = 'pending' AND j.ready_at IS NOT NULL GROUP BY q.tenant_id
    UNION ALL
    SELECT tenant_id, 0, 0, 0, count(*), 0, 0 FROM ideamine.jobs WHERE status = 'running' GROUP BY tenant_id
    UNION ALL
    SELECT tenant_id, 0, 0, 0, 0, 0, count(*) FROM ideamine.dead_letter_queue GROUP BY tenant_id
  ) AS counts
  GROUP BY tenant_id;
COMMENT ON VIEW ideamine.v_job_counts IS 'Per tenant how many jobs there are in each state, besides completed and cancelled ones';
COMMENT ON COLUMN ideamine.v_job_counts.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.v_job_counts.ready IS 'Pending, may be acquired now';
COMMENT ON COLUMN ideamine.v_job_counts.scheduled IS 'Pending, wait for their time';
COMMENT ON COLUMN ideamine.v_job_counts.blocked IS 'Wait for other jobs, for votes or for their concurrency key';
COMMENT ON COLUMN ideamine.v_job_counts.running IS 'A worker holds their lease';
COMMENT ON COLUMN ideamine.v_job_counts.paused IS 'In a paused queue';
COMMENT ON COLUMN ideamine.v_job_counts.dead IS 'In the dead letter queue';
GRANT SELECT ON ideamine.v_job_counts TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- idempotency: keys under which jobs are created.

CREATE OR REPLACE FUNCTION ideamine.idempotency_key(
  job_type text,
  payload  jsonb DEFAULT '{}',
  scope    text DEFAULT NULL
) RETURNS text
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_idempotency_key';
COMMENT ON FUNCTION ideamine.idempotency_key(text, jsonb, text) IS
'A key for the option idempotency_key of create_job() that is the same for the same work: SHA-256 of the
arguments in canonical form, as 64 hexadecimal digits. The order of the keys of an object does not matter, nor
how a number is written (1, 1.0 and 1e0 are the same).
job_type, payload: of the job; scope: whatever else tells two pieces of work apart, such as a day.
Errors: ID400 missing or invalid job_type.';
REVOKE ALL ON FUNCTION ideamine.idempotency_key(text, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.idempotency_key(text, jsonb, text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.idempotency_stats(
  tenant_id text DEFAULT NULL
) RETURNS TABLE (keys bigint, hits bigint, expired bigint)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_idempotency_stats';
COMMENT ON FUNCTION ideamine.idempotency_stats(text) IS
'Of a tenant: how many idempotency keys are alive, how often a key was met again instead of making a job,
and how many keys have expired.
tenant_id: NULL means the setting ideamine.tenant_id. Errors: ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.idempotency_stats(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.idempotency_stats(text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.purge_idempotency_keys(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_purge_idempotency_keys';
COMMENT ON FUNCTION ideamine.purge_idempotency_keys(timestamptz) IS
'One pass of the duty that removes expired idempotency keys; at most 10000 a pass. Returns how many.
at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.purge_idempotency_keys(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.purge_idempotency_keys(timestamptz) TO ideamine_admin;

-- queues: pausing and resuming.

CREATE OR REPLACE FUNCTION ideamine.pause_queue(
  tenant_id text,
  queue     text DEFAULT 'default',
  reason    text DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_pause_queue';
COMMENT ON FUNCTION ideamine.pause_queue(text, text, text) IS
'From its commit on, no job of the queue is handed out until resume_queue(); what runs goes on. Returns how many
pending jobs were paused. Jobs that come later are paused when a worker meets them. Pausing again changes the
reason, if one is given.
tenant_id: NULL means the setting ideamine.tenant_id; queue: as in the options of create_job(); reason: for
people, kept up to 16 kB.
Errors: ID400 invalid queue, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.pause_queue(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.pause_queue(text, text, text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.resume_queue(
  tenant_id text,
  queue     text DEFAULT 'default'
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_resume_queue';
COMMENT ON FUNCTION ideamine.resume_queue(text, text) IS
'Jobs of the queue are handed out again, in their old order. Returns how many were paused; resuming a queue that
is not paused does nothing.
tenant_id: NULL means the setting ideamine.tenant_id; queue: as in the options of create_job().
Errors: ID400 invalid queue, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.resume_queue(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.resume_queue(text, text) TO ideamine_app, ideamine_admin;

-- bgworker: administrators' hold on the background workers.

CREATE OR REPLACE FUNCTION ideamine.detach_worker(
  database text DEFAULT NULL,
  timeout  interval DEFAULT '10 seconds'
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_detach_worker';
COMMENT ON FUNCTION ideamine.detach_worker(text, interval) IS
'Stops the background worker of a database and keeps it away until attach_worker() or a restart, so that the
database can be copied, renamed or worked on alone. Returns true once it is gone, false if it did not go in time.
database: default the current one; it must be named in ideamine.databases. timeout: 0 to 1 hour.
Errors: ID400 invalid timeout, ID404 no worker is configured for the database, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.detach_worker(text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.detach_worker(text, interval) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.attach_worker(
  database text DEFAULT NULL,
  timeout  interval DEFAULT '10 seconds'
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_attach_worker';
COMMENT ON FUNCTION ideamine.attach_worker(text, interval) IS
'Lets the background worker of a database start again after detach_worker(), and waits until it runs. Returns true
once it runs, false if it did not start in time (it goes on trying).
database: default the current one; it must be named in ideamine.databases. timeout: 0 to 1 hour.
Errors: ID400 invalid timeout, ID404 no worker is configured for the database, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.attach_worker(text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.attach_worker(text, interval) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_background_workers() RETURNS TABLE (
  database text,
  pid      integer,
  state    text
)
LANGUAGE C STABLE
AS 'MODULE_PATHNAME', 'ideamine_get_background_workers';
COMMENT ON FUNCTION ideamine.get_background_workers() IS
'The background workers of the server: a row for each database in ideamine.databases. state: working, starting
(pid is NULL until its process runs), held (by a statement that needs the database for itself) or detached (by
detach_worker()).
Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.get_background_workers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_background_workers() TO ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_workers_internal WITH (security_invoker = true) AS
  SELECT w.database, w.pid, w.state, a.backend_start AS started_at, a.query AS activity
  FROM ideamine.get_background_workers() AS w
  LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = w.pid;
COMMENT ON VIEW ideamine.v_workers_internal IS 'The background workers of the server, and what each is doing';
COMMENT ON COLUMN ideamine.v_workers_internal.database IS 'The database that it works in';
COMMENT ON COLUMN ideamine.v_workers_internal.pid IS 'Its process; NULL: none';
COMMENT ON COLUMN ideamine.v_workers_internal.state IS 'working, starting, held or detached';
COMMENT ON COLUMN ideamine.v_workers_internal.started_at IS 'When the process began';
COMMENT ON COLUMN ideamine.v_workers_internal.activity IS 'The duty that it carries out, or the latest one';
GRANT SELECT ON ideamine.v_workers_internal TO ideamine_admin;
