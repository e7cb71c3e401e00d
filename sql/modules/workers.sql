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
used up, go to the dead letter queue. What somebody is reporting on meanwhile is left to expire_leases().
Returns a row per worker given up. at: the time to judge by, default now.';
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
