-- jobs: the dispatch plane in shared memory, from which jobs are handed out.

CREATE OR REPLACE FUNCTION ideamine_internal.jobs_truncated() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_jobs_truncated';
COMMENT ON FUNCTION ideamine_internal.jobs_truncated() IS 'Lets the dispatch plane be loaded anew when the table of jobs was emptied';
REVOKE ALL ON FUNCTION ideamine_internal.jobs_truncated() FROM PUBLIC;

CREATE OR REPLACE TRIGGER jobs_truncated AFTER TRUNCATE ON ideamine.jobs
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.jobs_truncated();
ALTER TABLE ideamine.jobs ENABLE ALWAYS TRIGGER jobs_truncated;
COMMENT ON TRIGGER jobs_truncated ON ideamine.jobs IS 'The dispatch plane is loaded from it';

CREATE OR REPLACE FUNCTION ideamine_internal.running_jobs(worker_id uuid DEFAULT NULL) RETURNS SETOF uuid
LANGUAGE C ROWS 100
AS 'MODULE_PATHNAME', 'ideamine_running_jobs';
COMMENT ON FUNCTION ideamine_internal.running_jobs(uuid) IS
'Jobs that may be running, of one worker or of all: every one that the caller can see running, and perhaps others, so
that its row has to be asked. They are known in shared memory; where they are not, the table is looked through.
Errors: none of its own.';
REVOKE ALL ON FUNCTION ideamine_internal.running_jobs(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ideamine_internal.weight_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_weight_changed';
COMMENT ON FUNCTION ideamine_internal.weight_changed() IS 'Lets jobs be handed out by a tenant''s changed weight when it is committed';
REVOKE ALL ON FUNCTION ideamine_internal.weight_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER weight_changed AFTER UPDATE OF weight ON ideamine.tenants
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.weight_changed();
ALTER TABLE ideamine.tenants ENABLE ALWAYS TRIGGER weight_changed;
COMMENT ON TRIGGER weight_changed ON ideamine.tenants IS 'The dispatch plane has a copy of the weight';

CREATE OR REPLACE FUNCTION ideamine.reload_dispatch() RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reload_dispatch';
COMMENT ON FUNCTION ideamine.reload_dispatch() IS
'Lets what may run be read from the table anew by the next acquire_jobs(), if the caller''s transaction commits: after
rows of ideamine.jobs were changed by hand. After a restart, a promotion, COPY, TRUNCATE and COMMIT PREPARED that happens
by itself. Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.reload_dispatch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reload_dispatch() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_dispatch_memory() RETURNS TABLE (
  phase          text,
  ready_jobs     bigint,
  spilled_queues bigint,
  leases         bigint,
  has_all_leases boolean,
  bytes_in_use   bigint
)
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_get_dispatch_memory';
COMMENT ON FUNCTION ideamine.get_dispatch_memory() IS
'What the shared memory of ideamine.dispatch_memory holds of this database at this moment. Returns one row:
phase: unloaded (the next acquire_jobs() loads it from the table), loading or loaded; ready_jobs: jobs that stand there to
be handed out; spilled_queues: queues (of a tenant, a class and a set of capabilities) with more jobs in the table than
found room, which are read when their turn comes; leases: jobs that may be running; has_all_leases: whether these are all,
or running jobs are looked up in the table because there was no room; bytes_in_use: how much of ideamine.dispatch_memory
is in use by all databases.
Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.get_dispatch_memory() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_dispatch_memory() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reconcile_dispatch() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reconcile_dispatch';
COMMENT ON FUNCTION ideamine.reconcile_dispatch() IS
'Looks for jobs that should have been handed out by now and are not in shared memory, and puts them there. Returns how
many that were; jobs that became ready in the last 5 seconds are not looked at. The background worker calls it every 10
minutes and writes to the log if it was more than 0, which rows changed by hand can cause, too.
Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.reconcile_dispatch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reconcile_dispatch() TO ideamine_admin;
