-- workflow: pausing and resuming runs.

CREATE OR REPLACE FUNCTION ideamine.pause_run(
  tenant_id text,
  run       uuid,
  reason    text DEFAULT NULL
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_pause_run';
COMMENT ON FUNCTION ideamine.pause_run(text, uuid, text) IS
'From its commit on, no job of the run is handed out until resume_run(). What waits is paused, and what runs is preempted
soon after, without counting towards ideamine.max_preemptions; P0 may finish. False if it was paused by hand before; the
reason changes, if one is given.
tenant_id: NULL means the setting ideamine.tenant_id; run: as in the options of create_job(); reason: for people, kept up to
16 kB.
Errors: ID400 missing run, ID403 not a tenant of the login, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.pause_run(text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.pause_run(text, uuid, text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.resume_run(
  tenant_id text,
  run       uuid
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_resume_run';
COMMENT ON FUNCTION ideamine.resume_run(text, uuid) IS
'Ends what pause_run() began: the jobs of the run come back by themselves soon after, as far as no budget holds them. False if
it was not paused by hand.
tenant_id: NULL means the setting ideamine.tenant_id; run: as in the options of create_job().
Errors: ID400 missing run, ID403 not a tenant of the login, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.resume_run(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.resume_run(text, uuid) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reopen_jobs(
  at timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reopen_jobs';
COMMENT ON FUNCTION ideamine.reopen_jobs(timestamptz) IS
'One pass of the duty that brings back jobs whose classes are open again, in their run, their project and their tenant, because
a budget was raised, a period began, or a run was resumed: paused ones are handed out again, preempted ones wait to be resumed.
Returns how many those were, at most 10000. at: the time to judge by, default now.
Errors: ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.reopen_jobs(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reopen_jobs(timestamptz) TO ideamine_admin;
