-- Who may call and read what. The lists are complete: an object or a grant that is not here is a surprise.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

-- Each role with the functions that it may call.
SELECT p.proname AS function,
       has_function_privilege('ideamine_reader', p.oid, 'execute') AS reader,
       has_function_privilege('ideamine_app', p.oid, 'execute') AS app,
       has_function_privilege('ideamine_worker', p.oid, 'execute') AS worker,
       has_function_privilege('ideamine_admin', p.oid, 'execute') AS admin,
       EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) WHERE grantee = 0) AS public
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname LIKE 'ideamine%' ORDER BY p.proname COLLATE "C";

-- What has been granted on relations and schemas, to whom but their owner.
SELECT n.nspname AS schema, c.relname AS relation, a.privilege_type AS privilege,
       string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, ', ' ORDER BY a.grantee::regrole::text COLLATE "C") AS to
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS a
WHERE n.nspname LIKE 'ideamine%' AND a.grantee <> c.relowner
GROUP BY n.nspname, c.relname, a.privilege_type ORDER BY n.nspname, c.relname, a.privilege_type;
SELECT n.nspname AS schema, a.privilege_type AS privilege,
       string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, ', ' ORDER BY a.grantee::regrole::text COLLATE "C") AS to
FROM pg_namespace n, aclexplode(n.nspacl) AS a
WHERE n.nspname LIKE 'ideamine%' AND a.grantee <> n.nspowner
GROUP BY n.nspname, a.privilege_type ORDER BY n.nspname, a.privilege_type;
SELECT count(*) AS column_grants FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'ideamine%' AND a.attacl IS NOT NULL;

-- The roles are groups, with no powers of their own.
SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
FROM pg_roles WHERE rolname LIKE 'ideamine\_%' ORDER BY rolname COLLATE "C";
SELECT count(*) AS memberships FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
WHERE r.rolname LIKE 'ideamine\_%' AND m.roleid::regrole::text NOT LIKE 'ideamine\_%';

-- In practice. An application creates, looks and cancels; it neither acquires nor ends.
SELECT ideamine.create_tenant('acme');
SET ROLE ideamine_app;
SELECT job_id AS job, created FROM ideamine.create_job('acme', 'by an application') \gset
SELECT :'created' AS created;
SELECT key, created FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "x"}]');
SELECT created FROM ideamine.create_job(NULL, 'also on first use');
SELECT job_type FROM ideamine.get_job('acme', :'job');
SELECT count(*) FROM ideamine.get_runnable_jobs('acme');
CALL pg_temp.refused($$SELECT ideamine.create_tenant('globex')$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x')$$);
CALL pg_temp.refused('SELECT ideamine.acquire_jobs(gen_random_uuid())');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, 1)', 'acme', :'job');
CALL pg_temp.refused('SELECT ideamine.fail_job(%L, %L, 1, %L)', 'acme', :'job', 'boom');
CALL pg_temp.refused('SELECT ideamine.mark_stale_workers()');
CALL pg_temp.refused('SELECT ideamine.purge_finished_jobs()');
CALL pg_temp.refused('INSERT INTO ideamine.tenants SELECT * FROM ideamine.tenants');
CALL pg_temp.refused('UPDATE ideamine.jobs SET status = %L', 'completed');
CALL pg_temp.refused('DELETE FROM ideamine.jobs');
CALL pg_temp.refused('TRUNCATE ideamine.jobs');
CALL pg_temp.refused('SELECT * FROM ideamine_internal.incarnation');
RESET ROLE;

-- A worker registers, acquires and ends; it neither creates nor cancels.
SET ROLE ideamine_worker;
SELECT ideamine.register_worker('w', tenants => '{acme}') AS worker \gset
SELECT job_id AS job, epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT * FROM ideamine.heartbeat(:'worker');
SELECT ideamine.release_job('acme', :'job', :epoch);
SELECT job_id AS job, epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT status FROM ideamine.fail_job('acme', :'job', :epoch, 'boom', retry_after => '0');
SELECT job_id AS job, epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT ideamine.complete_job('acme', :'job', :epoch);
SELECT answer FROM ideamine.complete_jobs(jsonb_build_array(jsonb_build_object('tenant_id', 'acme', 'job_id', :'job', 'epoch', :epoch)));
SELECT ideamine.drain_worker(:'worker');
SELECT ideamine.terminate_worker(:'worker');
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x')$$);
CALL pg_temp.refused($$SELECT ideamine.create_jobs('acme', '[]')$$);
CALL pg_temp.refused('SELECT ideamine.cancel_job(%L, %L)', 'acme', :'job');
CALL pg_temp.refused('SELECT ideamine.expire_leases()');
CALL pg_temp.refused('UPDATE ideamine.workers SET status = %L', 'active');
CALL pg_temp.refused('DELETE FROM ideamine.ended_attempts');
RESET ROLE;

-- A reader only reads.
SET ROLE ideamine_reader;
SELECT job_type, jsonb_array_length(attempts) AS attempts FROM ideamine.get_job('acme', :'job');
SELECT count(*) FROM ideamine.get_runnable_jobs('acme');
SELECT (SELECT count(*) FROM ideamine.tenants) AS tenants, (SELECT count(*) FROM ideamine.workers) AS workers,
       (SELECT count(*) FROM ideamine.jobs) AS jobs, (SELECT count(*) FROM ideamine.job_dependencies) AS edges,
       (SELECT count(*) FROM ideamine.job_executions) AS attempts, (SELECT count(*) FROM ideamine.dead_letter_queue) AS letters,
       (SELECT count(*) FROM ideamine.v_job_attempts) AS jobs_tried;
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x')$$);
CALL pg_temp.refused('SELECT ideamine.cancel_job(%L, %L)', 'acme', :'job');
CALL pg_temp.refused('SELECT ideamine.heartbeat(%L)', :'worker');
CALL pg_temp.refused('SELECT * FROM ideamine_internal.stop_notices');
RESET ROLE;

-- An administrator does all of it by the functions, and writes no table either.
SET ROLE ideamine_admin;
SELECT ideamine.create_tenant('globex');
SELECT created FROM ideamine.create_job('globex', 'by an administrator');
SELECT ideamine.register_worker('a') AS worker \gset
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT count(*) FROM ideamine.mark_stale_workers(now() + interval '1 hour');
SELECT count(*) FROM ideamine.expire_leases(), ideamine.promote_scheduled_jobs(), ideamine.purge_finished_jobs(),
  ideamine.purge_dead_letters(), ideamine.purge_workers();
SELECT count(*) FROM ideamine_internal.stop_notices;
SELECT count(*) FROM ideamine_internal.incarnation;
CALL pg_temp.refused('UPDATE ideamine.jobs SET epoch = 0');
CALL pg_temp.refused('DELETE FROM ideamine_internal.incarnation');
CALL pg_temp.refused('ALTER FUNCTION ideamine.get_job(text, uuid) RENAME TO got_job');
RESET ROLE;

-- Somebody without a role does not even see the schema.
CREATE ROLE regress_ideamine_stranger;
SET ROLE regress_ideamine_stranger;
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x')$$);
CALL pg_temp.refused('SELECT * FROM ideamine.get_runnable_jobs()');
CALL pg_temp.refused('SELECT * FROM ideamine.jobs');
RESET ROLE;

-- Nor may he call anything if he does.
GRANT USAGE ON SCHEMA ideamine TO regress_ideamine_stranger;
SET ROLE regress_ideamine_stranger;
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x')$$);
CALL pg_temp.refused('SELECT * FROM ideamine.get_runnable_jobs()');
CALL pg_temp.refused('SELECT * FROM ideamine.get_job(%L, %L)', 'acme', :'job');
CALL pg_temp.refused('SELECT * FROM ideamine.jobs');
RESET ROLE;
REVOKE USAGE ON SCHEMA ideamine FROM regress_ideamine_stranger;
DROP ROLE regress_ideamine_stranger;

-- A caller's search_path and temporary objects do not lead the functions astray.
CREATE TEMP TABLE jobs (job_id uuid);
CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS $$SELECT '2000-01-01'::timestamptz$$;
SET search_path = pg_temp, ideamine;
SET ROLE ideamine_app;
SELECT created FROM ideamine.create_job('acme', 'astray');
RESET ROLE;
RESET search_path;
SELECT count(*) FROM pg_temp.jobs;
SELECT count(*) FROM ideamine.jobs WHERE job_type = 'astray' AND created_at > '2020-01-01';
DROP TABLE pg_temp.jobs;
