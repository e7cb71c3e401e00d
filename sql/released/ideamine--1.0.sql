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
                                                AND tenant_id !~ '[[:cntrl:]]'),
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
  ended_at          timestamptz
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

CREATE TABLE ideamine.job_dependencies (
  job_id     uuid NOT NULL,
  depends_on uuid NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
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

CREATE VIEW ideamine.job_executions WITH (security_invoker = true) AS
  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, ended_at - started_at AS duration,
         outcome, error
  FROM ideamine.ended_attempts
  UNION ALL
  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, finished_at, finished_at - started_at,
         'completed', NULL
  FROM ideamine.jobs WHERE status = 'completed';
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
  raised_at   timestamptz NOT NULL
);
COMMENT ON TABLE ideamine_internal.incarnation IS 'How often this database began to hand out leases: once after each start or promotion';
COMMENT ON COLUMN ideamine_internal.incarnation.singleton IS 'Always true: there is one row';
COMMENT ON COLUMN ideamine_internal.incarnation.incarnation IS 'Upper 32 bits of the epochs handed out now';
COMMENT ON COLUMN ideamine_internal.incarnation.raised_at IS 'When the first lease after the latest start was handed out';

SELECT pg_catalog.pg_extension_config_dump('ideamine.jobs', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.job_dependencies', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.ended_attempts', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.dead_letter_queue', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.stop_notices', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.incarnation', '');

GRANT SELECT ON ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.job_executions,
  ideamine.dead_letter_queue
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT SELECT ON ideamine_internal.stop_notices, ideamine_internal.incarnation TO ideamine_admin;

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
  deadline         timestamptz
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_acquire_jobs';
COMMENT ON FUNCTION ideamine.acquire_jobs(uuid, integer, interval) IS
'Leases up to max_jobs runnable jobs to a worker, the highest class first; within a class tenants take
turns, and within a tenant the job that has been ready longest goes first. Jobs are passed over that
require what the worker cannot do or belong to tenants that it does not serve. No row: nothing to do now.
Every later call about a job names its epoch. lease_expires_at is without further heartbeats, deadline is
the hard limit of this attempt (NULL: none); checkpoint is where an earlier attempt left off.
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

CREATE OR REPLACE FUNCTION ideamine.mark_stale_workers(
  at timestamptz DEFAULT NULL
) RETURNS TABLE (worker_id uuid, jobs_requeued integer, jobs_dead integer)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_mark_stale_workers';
COMMENT ON FUNCTION ideamine.mark_stale_workers(timestamptz) IS
'One pass of the duty that gives up workers which were silent for ideamine.worker_timeout: each becomes
failed, and its jobs are requeued at once (the attempt counts and ends as lost) or, with their retries
used up, go to the dead letter queue. Returns a row per worker given up.
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
payload: any JSON, at most ideamine.max_payload_size;
priority_class: P0 to P3, or 1 to 5 of older applications (5 is P0, 4 is P1, 3 and 2 are P2, 1 is P3);
run_at: not before this time, default now; depends_on: jobs of the same tenant that must be completed first
(if one of them has failed or was cancelled, the new job is cancelled at once);
options: queue (default "default"), required_capabilities (array), max_retries (0 to 1000),
retry_base, retry_cap and timeout (intervals), retry_factor (1 to 100), project, run (uuid), phase.
Errors: ID400 invalid argument or unknown option, ID404 unknown tenant or job, ID413 payload too large,
ID422 a dependency is named twice.';
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
and depends_on: an array of keys of this call or ids of jobs of the tenant.
Errors: as create_job(), naming the job by its position (from 1) and key; ID422 a key used twice, an edge
named twice or a cycle (named in DETAIL), ID413 too many jobs.';
REVOKE ALL ON FUNCTION ideamine.create_jobs(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.create_jobs(text, jsonb) TO ideamine_app, ideamine_admin;

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
(status failed), and the jobs that wait for it are cancelled.
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
'Cancels a job and all jobs that wait for it. If it is running, its worker learns so at its next heartbeat, and
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
and attempts; at most 10000 a pass. Returns how many jobs. at: the time to judge by, default now.';
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
