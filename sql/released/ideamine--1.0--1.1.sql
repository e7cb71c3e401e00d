\echo Use "ALTER EXTENSION ideamine UPDATE" to load this file. \quit

-- What version 1.1 adds to the tables of version 1.0.

CREATE TYPE ideamine.failure_policy AS ENUM ('cancel', 'run', 'blocked');
COMMENT ON TYPE ideamine.failure_policy IS
'What becomes of a job when one that it waits for fails or is cancelled. cancel: it is cancelled too; run: it
runs all the same, with the failure in its context; blocked: it stays blocked.';

ALTER TABLE ideamine.jobs
  ADD COLUMN concurrency_key text COLLATE "C",
  ADD COLUMN concurrency_limit integer CONSTRAINT jobs_concurrency_limit_positive CHECK (concurrency_limit > 0),
  ADD COLUMN context jsonb,
  ADD COLUMN quorum integer CONSTRAINT jobs_quorum_positive CHECK (quorum > 0),
  ADD COLUMN quorum_of uuid;
ALTER TABLE ideamine.job_dependencies
  ADD COLUMN on_failure ideamine.failure_policy NOT NULL DEFAULT 'cancel';
ALTER TABLE ideamine.workers
  ADD COLUMN deviations integer NOT NULL DEFAULT 0,
  ADD COLUMN replaced_by uuid;
-- The class cntrl has bytes that are letters in some encodings.
ALTER TABLE ideamine.tenants
  DROP CONSTRAINT tenants_id_valid,
  ADD CONSTRAINT tenants_id_valid CHECK (octet_length(tenant_id) BETWEEN 1 AND 200
                                         AND tenant_id !~ '[\x01-\x1f\x7f]');
ALTER TABLE ideamine_internal.incarnation
  ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT '';
COMMENT ON COLUMN ideamine.jobs.concurrency_key IS 'Of the jobs of its tenant with this key at most concurrency_limit run at a time; NULL: no such limit';
COMMENT ON COLUMN ideamine.jobs.concurrency_limit IS 'How many jobs with its key may be running for it to be acquired as well, itself included';
COMMENT ON COLUMN ideamine.jobs.context IS 'What it should know of the jobs that it waited for: in failed an array of those that did not succeed (job_id, job_type, status, error)';
COMMENT ON COLUMN ideamine.jobs.quorum IS 'How many of its votes must agree for it to be completed; NULL for a job that a worker runs itself';
COMMENT ON COLUMN ideamine.jobs.quorum_of IS 'The job for which this one is a vote: it goes to a worker that has no other vote for that job';
COMMENT ON COLUMN ideamine.job_dependencies.on_failure IS 'See type ideamine.failure_policy';
COMMENT ON COLUMN ideamine.workers.deviations IS 'How many of its votes on quorum jobs in a row were outvoted';
COMMENT ON COLUMN ideamine.workers.replaced_by IS 'Its successor, if it failed and was replaced';
COMMENT ON COLUMN ideamine_internal.incarnation.origin IS 'Server, timeline and database that raised it: another one may not know of all that were handed out';
COMMENT ON TABLE ideamine_internal.incarnation IS 'Grows when this database begins to hand out leases: after each start, and by more after a promotion or a restore';

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

-- It returns more, so that it cannot be replaced.
DROP FUNCTION ideamine.acquire_jobs(uuid, integer, interval);

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
