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
needs: what it holds of its tenant''s quotas while it runs, such as {"cpu": 2, "memory": 4.5, "gpu": 1}, and
cost, what an attempt may come to in USD, which is held in its budgets until the attempt ends;
quorum: {"votes": n, "agree": k}: n different workers run it, and it is completed when k results are the same.
Errors: ID400 invalid argument or unknown option, ID403 not a tenant of the login, ID404 unknown tenant or job, ID413
payload too large, ID422 a dependency is named twice, or is a vote.';
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
  SELECT h.tenant_id, h.job_id, e.epoch, e.attempt, e.worker_id, e.started_at, e.ended_at, e.ended_at - e.started_at,
         e.outcome, e.error
  FROM ideamine.job_history AS h
  CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(h.ended_attempts) AS e (
    epoch bigint, attempt integer, worker_id uuid, started_at timestamptz, ended_at timestamptz,
    outcome ideamine.attempt_outcome, error text)
  UNION ALL
  SELECT tenant_id, job_id, epoch, attempt, worker_id, started_at, finished_at, finished_at - started_at,
         'completed', NULL
  FROM ideamine.v_jobs WHERE status = 'completed' AND quorum IS NULL;
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
Errors: ID400 missing id, ID403 not a tenant of the login, ID404
unknown job.';
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
requires, in the order of acquisition (by what each inherits and how long it waits, too: see v_priority_queue); position
counts from 1. Jobs whose time has come are among them, also
before the background worker has noticed.
tenant_id: NULL means the setting ideamine.tenant_id; max_jobs: 1 to 10000.
Errors: ID400 max_jobs out of range, ID403 not a tenant of the login, ID404 unknown tenant.';
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
Errors: ID400 missing argument, ID403 not a tenant of the login, ID404 unknown job, ID413 result too large;
ID409 the lease is stale: somebody else has the job, or it has ended (raised so that the caller''s own writes roll back too).';
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
Errors: ID400 invalid argument or unknown key, naming the position (from 1); ID403 not a tenant of the login;
ID413 too many, or result too large; ID404 and ID409 with strict.';
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
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, ID404 unknown job, ID409 the
lease is stale.';
REVOKE ALL ON FUNCTION ideamine.fail_job(text, uuid, bigint, text, boolean, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.fail_job(text, uuid, bigint, text, boolean, interval) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.save_checkpoint(
  tenant_id  text,
  job_id     uuid,
  epoch      bigint,
  checkpoint jsonb
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_save_checkpoint';
COMMENT ON FUNCTION ideamine.save_checkpoint(text, uuid, bigint, jsonb) IS
'Saves where the next attempt may go on, while this one goes on: if the job fails, is lost or is preempted, acquire_jobs()
gives it along. epoch: as acquire_jobs() gave it; checkpoint: at most ideamine.max_payload_size.
Errors: ID400 missing argument, ID403 not a tenant of the login, ID404 unknown job, ID409 the lease is stale,
ID413 checkpoint too large.';
REVOKE ALL ON FUNCTION ideamine.save_checkpoint(text, uuid, bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.save_checkpoint(text, uuid, bigint, jsonb) TO ideamine_worker, ideamine_admin;

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
Errors: ID400 missing argument, ID403 not a tenant of the login, ID404 unknown job, ID409 the lease is stale,
ID413 checkpoint too large.';
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
reason: kept up to 16 kB. Errors: ID400 missing id, ID403 not a tenant of the login, ID404
unknown job.';
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
'One pass of the duty that removes jobs from ideamine.jobs which ended longer than ideamine.job_retention ago, with their
attempts and what they waited for; at most 10000 a pass. Usually history has them by then, see move_to_history() and
drop_old_history(). Jobs with a dead letter, failures that a blocked job waits for, and votes
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
Errors: ID400 unknown key or invalid value, ID403 not a tenant of the login, ID404 unknown tenant.';
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
LANGUAGE C STABLE
AS 'MODULE_PATHNAME', 'ideamine_explain_job';
COMMENT ON FUNCTION ideamine.explain_job(text, uuid) IS
'Why a job is not running: a row for each thing that it waits for, in words (explanation) and for programs
(reason): closed (until; see ideamine.closings), budget, throttled (until), quota, held_back (related_job comes before it, needs
some of the same and finds no room), room_held (until; others gave way for it), gave_way (see explain_preemption()), ended, running, dependency (related_job), quorum,
concurrency, queue_paused, scheduled (until), no_worker, inherits (from related_job), in_line.
running: until its lease ends without further heartbeats.
tenant_id: NULL means the setting ideamine.tenant_id. Errors: ID400 missing id, ID403 not a tenant of the login, ID404
unknown job.';
REVOKE ALL ON FUNCTION ideamine.explain_job(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.explain_job(text, uuid) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- What came to a paused queue is pending until a worker meets it.
CREATE OR REPLACE VIEW ideamine.v_job_counts WITH (security_invoker = true) AS
  SELECT tenant_id,
         pg_catalog.sum(ready)::bigint AS ready, pg_catalog.sum(scheduled)::bigint AS scheduled,
         pg_catalog.sum(blocked)::bigint AS blocked, pg_catalog.sum(running)::bigint AS running,
         pg_catalog.sum(paused)::bigint AS paused, pg_catalog.sum(dead)::bigint AS dead,
         pg_catalog.sum(preempted)::bigint AS preempted
  FROM (
    SELECT j.tenant_id,
           count(*) FILTER (WHERE j.status = 'pending' AND j.waits_for IS NULL AND q.queue IS NULL) AS ready,
           count(*) FILTER (WHERE j.waits_for = 'time') AS scheduled,
           count(*) FILTER (WHERE j.status = 'blocked') AS blocked,
           count(*) FILTER (WHERE j.status = 'running') AS running,
           count(*) FILTER (WHERE j.status = 'paused'
                            OR j.status = 'pending' AND j.waits_for IS NULL AND q.queue IS NOT NULL) AS paused,
           0 AS dead,
           count(*) FILTER (WHERE j.status = 'preempted') AS preempted
    FROM ideamine.jobs AS j
    LEFT JOIN ideamine.paused_queues AS q ON q.tenant_id = j.tenant_id AND q.queue = j.queue
    WHERE j.status IN ('pending', 'blocked', 'running', 'paused', 'preempted') GROUP BY j.tenant_id
    UNION ALL
    SELECT tenant_id, 0, 0, 0, 0, 0, count(*), 0 FROM ideamine.dead_letter_queue GROUP BY tenant_id
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
COMMENT ON COLUMN ideamine.v_job_counts.preempted IS 'Gave way, and wait to be resumed';
GRANT SELECT ON ideamine.v_job_counts TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
