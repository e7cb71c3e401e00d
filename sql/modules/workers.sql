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
tenants: the tenants it works for (at most 1000), NULL for all, or for a login that is bound to tenants, for those. Such a
login uses no worker that serves others.
Errors: ID400 invalid name or capacity, ID403 not a tenant of the login, ID404 unknown tenant.';
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
Without metrics it is noted in shared memory, and the worker''s row follows when it is older than five times
ideamine.worker_timeout; after a restart a worker counts as heard of when the server started.
metrics: a JSON object that the registry keeps until the next one, written at once; NULL keeps the last.
Errors: ID404 unknown worker; ID410 the worker was given up or terminated, its leases are gone: register anew.';
REVOKE ALL ON FUNCTION ideamine.heartbeat(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.heartbeat(uuid, jsonb) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.latest_heartbeat(worker_id uuid, written timestamptz) RETURNS timestamptz
LANGUAGE C PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ideamine_latest_heartbeat';
COMMENT ON FUNCTION ideamine.latest_heartbeat(uuid, timestamptz) IS
'When a worker was last heard of whose row in ideamine.workers says `written` as last_heartbeat_at: shared memory may know
of something later. On a standby, `written`. Errors: none of its own.';
CREATE OR REPLACE FUNCTION ideamine_internal.latest_possible_heartbeat(worker_id uuid, written timestamptz) RETURNS timestamptz
LANGUAGE C PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ideamine_latest_possible_heartbeat';
COMMENT ON FUNCTION ideamine_internal.latest_possible_heartbeat(uuid, timestamptz) IS
'The same in favour of the worker: what was not written before the server started is not known any more, and was at most five times
ideamine.worker_timeout later than `written`. Errors: none of its own.';
REVOKE ALL ON FUNCTION ideamine_internal.latest_possible_heartbeat(uuid, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION ideamine.latest_heartbeat(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.latest_heartbeat(uuid, timestamptz) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

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
A login that is bound to tenants is told of jobs of its worker''s tenants only.
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
that makes a job runnable, or room in a quota, wakes it. While it sleeps it holds no snapshot and keeps the worker alive.
CALL it by itself: inside a transaction block it raises 2D000.
timeout: 0 to 24 hours. Errors: ID400 invalid timeout, ID404 unknown worker, ID410 the worker has ended, ID429 too
many sessions wait, ID503 the library is not preloaded.';
REVOKE ALL ON PROCEDURE ideamine.wait_for_jobs(uuid, interval) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE ideamine.wait_for_jobs(uuid, interval) TO ideamine_worker, ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_workers WITH (security_invoker = true) AS
  SELECT w.worker_id, w.worker_type, w.status, w.capabilities, w.tenants, w.capacity, coalesce(held.jobs, 0) AS jobs_held,
         held.oldest AS current_job_id, heard.last_heartbeat_at,
         CASE WHEN w.ended_at IS NULL THEN pg_catalog.clock_timestamp() - heard.last_heartbeat_at END AS silent_for,
         w.metrics, w.deviations, w.registered_at, w.ended_at, w.replaced_by
  FROM ideamine.workers AS w
  CROSS JOIN LATERAL ideamine.latest_heartbeat(w.worker_id, w.last_heartbeat_at) AS heard (last_heartbeat_at)
  LEFT JOIN (
    SELECT j.worker_id, count(*) AS jobs, (pg_catalog.array_agg(j.job_id ORDER BY j.started_at, j.job_id))[1] AS oldest
    FROM ideamine.jobs AS j WHERE j.status = 'running' GROUP BY j.worker_id) AS held ON held.worker_id = w.worker_id;
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
