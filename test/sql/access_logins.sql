-- Logins that are bound to tenants: what binds them, and what does not help them against it.
SET client_min_messages = warning;
SELECT current_user AS superuser \gset
TRUNCATE ideamine.tenants, ideamine.projects, ideamine.user_roles, ideamine.tenant_logins, ideamine.workers, ideamine.jobs,
  ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues;
SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT created FROM ideamine.create_job('acme', 'a');
SELECT job_id AS other FROM ideamine.create_job('globex', 'g') \gset
CREATE ROLE regress_acme LOGIN;
CREATE ROLE regress_globex LOGIN;
CREATE ROLE regress_both LOGIN;
CREATE ROLE regress_none LOGIN;
GRANT ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin TO regress_acme, regress_globex, regress_both, regress_none;
CREATE FUNCTION seen() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(tenant_id, ' ' ORDER BY tenant_id), '-') FROM ideamine.jobs$$;

-- ---- binding ------------------------------------------------------------------------------------

SELECT ideamine.bind_login('regress_acme', 'acme') AS bound;
SELECT ideamine.bind_login('regress_acme', 'acme') AS again;
SELECT ideamine.bind_login('regress_globex', 'globex'), ideamine.bind_login('regress_both', 'acme'), ideamine.bind_login('regress_both', 'globex');
SELECT login, tenant_id, bound_at > clock_timestamp() - interval '1 minute' AS just_now FROM ideamine.tenant_logins ORDER BY 1, 2;
SELECT ideamine.bind_login('regress_nobody', 'acme');
SELECT ideamine.bind_login('regress_none', 'nobody');
SELECT ideamine.bind_login(NULL, 'acme');
SELECT ideamine.bind_login('regress_none', NULL);
SELECT ideamine.bind_login('', 'acme');
SELECT ideamine.unbind_login(NULL, 'acme');
SELECT ideamine.unbind_login('regress_none', NULL);
SELECT ideamine.unbind_login('regress_none', 'acme') AS unbound, ideamine.unbind_login('regress_nobody', 'acme') AS unbound;
-- what row security does not hold back, or may become such a role
CREATE ROLE regress_strong BYPASSRLS;
CREATE ROLE regress_stronger LOGIN SUPERUSER;
SELECT ideamine.bind_login('regress_strong', 'acme');
SELECT ideamine.bind_login('regress_stronger', 'acme');
ALTER ROLE regress_stronger NOSUPERUSER;
GRANT regress_strong TO regress_stronger;
SELECT ideamine.bind_login('regress_stronger', 'acme');
DROP ROLE regress_strong, regress_stronger;
-- default-tenant is made on first use
SELECT ideamine.bind_login('regress_none', 'default-tenant') AS bound;
SELECT count(*) FROM ideamine.tenants WHERE tenant_id = 'default-tenant';
SELECT ideamine.unbind_login('regress_none', 'default-tenant') AS unbound;

-- Who is bound binds nobody, and makes no tenant, whether it is there or not.
SET ROLE regress_acme;
SELECT ideamine.bind_login('regress_acme', 'globex');
SELECT ideamine.unbind_login('regress_acme', 'acme');
SELECT ideamine.create_tenant('globex');
SELECT ideamine.create_tenant('nobody');
RESET ROLE;

-- ---- by which roles somebody acts ----------------------------------------------------------------

-- SET ROLE narrows and never widens: what all of the roles may see.
SELECT seen() AS superuser;
SET ROLE regress_acme;
SELECT seen() AS as_acme;
SET ROLE regress_none;
SELECT seen() AS as_none;
RESET ROLE;
GRANT regress_acme, regress_none, ideamine_reader TO regress_both;
GRANT regress_globex, regress_none TO regress_acme;
\c - regress_both
SELECT seen() AS by_both;
SET ROLE regress_acme;
SELECT seen() AS by_both_as_acme, ideamine.sees_tenant('acme') AS acme, ideamine.sees_tenant('globex') AS globex, ideamine.sees_tenant(NULL) AS nothing;
SET ROLE regress_none;
SELECT seen() AS by_both_as_none;
SET ROLE ideamine_reader;
SELECT seen() AS by_both_as_a_group;
\c - regress_acme
SELECT seen() AS by_acme;
SET ROLE regress_none;
SELECT seen() AS by_acme_as_none;
SET ROLE regress_globex;
SELECT seen() AS by_acme_as_globex, ideamine.sees_tenants('{acme}') AS acme, ideamine.sees_tenants('{globex}') AS globex, ideamine.sees_tenants('{}') AS nothing;
SELECT ideamine.create_job('acme', 'x');
SELECT ideamine.create_job('globex', 'x');
RESET ROLE;
SET SESSION AUTHORIZATION regress_none;
SET SESSION AUTHORIZATION :superuser;
\c - :superuser
SET client_min_messages = warning;
REVOKE regress_globex, regress_none FROM regress_acme;
REVOKE regress_acme, regress_none, ideamine_reader FROM regress_both;
-- who is made a member of what row security does not hold back sees all rows, but functions still ask the login
GRANT :superuser TO regress_acme;
\c - regress_acme
SET ROLE :superuser;
SELECT seen() AS by_acme_as_superuser;
SELECT * FROM ideamine.get_job('globex', :'other');
SELECT * FROM ideamine.unbind_login('regress_acme', 'acme');
\c - :superuser
SET client_min_messages = warning;
REVOKE :superuser FROM regress_acme;

-- A function with its owner's rights does not widen either, and one of a login that is bound is held back whoever calls it.
SET ROLE regress_none;
CREATE FUNCTION pg_temp.of_platform() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT public.seen()';
RESET ROLE;
SET ROLE regress_acme;
CREATE FUNCTION pg_temp.of_acme() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT public.seen()';
SELECT pg_temp.of_platform() AS of_platform_by_acme, pg_temp.of_acme() AS of_acme_by_acme;
RESET ROLE;
SELECT pg_temp.of_platform() AS of_platform_by_superuser, pg_temp.of_acme() AS of_acme_by_superuser;
-- nor does a view of the platform's, and what a superuser refreshes for a login that is bound
CREATE SCHEMA regress_stolen AUTHORIZATION regress_acme;
CREATE VIEW regress_stolen.by_owner AS SELECT tenant_id FROM ideamine.jobs;
ALTER VIEW regress_stolen.by_owner OWNER TO regress_none;
GRANT SELECT ON regress_stolen.by_owner TO regress_acme;
SET ROLE regress_acme;
SELECT * FROM regress_stolen.by_owner;
CREATE MATERIALIZED VIEW regress_stolen.copied AS SELECT tenant_id FROM ideamine.jobs;
CREATE MATERIALIZED VIEW regress_stolen.called AS SELECT t FROM unnest('{acme,globex}'::text[]) AS t WHERE ideamine.sees_tenant(t);
RESET ROLE;
REFRESH MATERIALIZED VIEW regress_stolen.copied;
REFRESH MATERIALIZED VIEW regress_stolen.called;
SELECT * FROM regress_stolen.copied;
SELECT * FROM regress_stolen.called;
DROP SCHEMA regress_stolen CASCADE;

-- ---- tricks --------------------------------------------------------------------------------------

-- A cheap function in a condition sees only rows that are the caller's, in tables and views.
CREATE SCHEMA regress_tricks;
GRANT ALL ON SCHEMA regress_tricks TO regress_acme;
\c - regress_acme
SET client_min_messages = notice;
CREATE FUNCTION regress_tricks.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$BEGIN RAISE NOTICE 'leaked: %', $1; RETURN true; END$$;
SELECT count(*) FROM ideamine.jobs WHERE regress_tricks.leak(tenant_id || ' ' || job_type);
SELECT count(*) FROM ideamine.tasks WHERE regress_tricks.leak(organization_id);
SELECT count(*) FROM ideamine.v_job_counts WHERE regress_tricks.leak(tenant_id);
SELECT count(*) FROM ideamine.organizations AS o WHERE regress_tricks.leak(o::text ~ 'globex' || '');
SELECT count(*) FROM ideamine.workers WHERE regress_tricks.leak(worker_type);
SELECT count(*) FROM ideamine.jobs WHERE 1 / (CASE tenant_id WHEN 'globex' THEN 0 ELSE 1 END) = 1;

-- EXPLAIN would count what row security hides, and how many rows are expected of a tenant.
EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT FROM ideamine.tenants WHERE tenant_id = 'globex';
EXPLAIN SELECT FROM ideamine.jobs WHERE tenant_id = 'globex';
EXPLAIN SELECT 1 WHERE EXISTS (SELECT FROM ideamine.v_job_counts);
PREPARE foreign_job AS SELECT FROM ideamine.tasks WHERE task_id = $1;
EXPLAIN ANALYZE EXECUTE foreign_job (:'other');
DO $$BEGIN EXECUTE 'EXPLAIN ANALYZE SELECT FROM ideamine.jobs'; END$$;
EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) CREATE TEMP TABLE copied AS SELECT FROM ideamine.jobs;
-- of anything else it is allowed, of functions too, and what was refused leaves nothing behind
EXPLAIN (COSTS off) SELECT job_type FROM ideamine.get_runnable_jobs('acme');
SELECT count(*) FROM ideamine.jobs;

-- A search path with operators and functions in front of the server's own.
CREATE FUNCTION regress_tricks.always(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
  AS $$BEGIN RAISE NOTICE 'compared: % %', $1, $2; RETURN true; END$$;
CREATE OPERATOR regress_tricks.= (LEFTARG = text, RIGHTARG = text, FUNCTION = regress_tricks.always);
CREATE FUNCTION regress_tricks.sees_tenant(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION regress_tricks.jsonb_strip_nulls(jsonb) RETURNS jsonb LANGUAGE sql AS $$SELECT '"tricked"'::jsonb$$;
CREATE TEMP TABLE tenant_logins (login text, tenant_id text);
SET search_path = regress_tricks, pg_temp, pg_catalog, ideamine;
SELECT tenant_id FROM jobs WHERE tenant_id = 'globex';
SELECT job_type FROM get_runnable_jobs('acme');
SELECT reason FROM jobs AS j, explain_job('acme', j.job_id) WHERE job_type OPERATOR(pg_catalog.=) 'a';
SELECT get_project_settings('acme') -> 'features' AS features, has_role('acme', 'u', NULL, 'viewer') AS has_role;
SELECT get_runnable_jobs('globex');
RESET search_path;
DROP TABLE pg_temp.tenant_logins;

-- The setting names a tenant, and permits none.
SET ideamine.tenant_id = 'globex';
SELECT ideamine.create_job(NULL, 'x');
SET ideamine.tenant_id = 'acme';
SELECT created FROM ideamine.create_job(NULL, 'named by the setting');
RESET ideamine.tenant_id;
SELECT ideamine.create_job(NULL, 'x');
SET client_min_messages = warning;

-- What was prepared or planned for one role holds for the next one as well.
\c - :superuser
SET client_min_messages = warning;
PREPARE seen_tenants AS SELECT tenant_id FROM ideamine.jobs GROUP BY 1 ORDER BY 1;
CREATE FUNCTION pg_temp.planned() RETURNS text LANGUAGE plpgsql AS $$
DECLARE tenants text;
BEGIN
  SELECT string_agg(tenant_id, ' ' ORDER BY tenant_id) INTO tenants FROM (SELECT tenant_id FROM ideamine.jobs GROUP BY 1) AS t;
  RETURN tenants;
END
$$;
SET plan_cache_mode = force_generic_plan;
EXECUTE seen_tenants;
SELECT pg_temp.planned();
SET ROLE regress_acme;
EXECUTE seen_tenants;
SELECT pg_temp.planned();
SELECT 1 FROM ideamine.get_job('globex', :'other');
SET ROLE regress_globex;
EXECUTE seen_tenants;
SELECT pg_temp.planned();
SELECT job_type FROM ideamine.get_job('globex', :'other');
SET ROLE regress_none;
EXECUTE seen_tenants;
SELECT pg_temp.planned();
SELECT job_type FROM ideamine.get_job('globex', :'other');
RESET ROLE;
RESET plan_cache_mode;

-- Workers of a parallel query ask for the same roles.
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \g /dev/null
SET ROLE regress_acme;
SELECT DISTINCT tenant_id FROM ideamine.jobs;
SELECT count(*) FROM ideamine.get_runnable_jobs('acme');
SELECT count(*) FROM ideamine.get_runnable_jobs('globex');
RESET ROLE;
SELECT DISTINCT tenant_id FROM ideamine.jobs ORDER BY 1;
SELECT set_config(name, 'off', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \g /dev/null

-- ---- what is remembered --------------------------------------------------------------------------

-- Every way to change the table is noticed by the next statement, and so is every way to undo it.
CREATE PROCEDURE pg_temp.change(statement text) LANGUAGE plpgsql AS $$
DECLARE
  before text;
  within text;
BEGIN
  PERFORM set_config('role', 'regress_none', true);
  before := seen();
  BEGIN
    RESET ROLE;
    EXECUTE statement;
    PERFORM set_config('role', 'regress_none', true);
    within := seen();
    RAISE EXCEPTION 'undone' USING ERRCODE = 'ZZ000';
  EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RESET ROLE;
  END;
  PERFORM set_config('role', 'regress_none', true);
  RAISE INFO '% → % → %: %', before, within, seen(), statement;
  RESET ROLE;
END
$$;
TRUNCATE ideamine.jobs CASCADE;
SELECT count(*) FROM unnest('{acme,globex}'::text[]) AS t, ideamine.create_job(t, 'x');
CALL pg_temp.change($$INSERT INTO ideamine.tenant_logins VALUES ('regress_none', 'acme', now())$$);
CALL pg_temp.change($$SELECT ideamine.bind_login('regress_none', 'acme')$$);
INSERT INTO ideamine.tenant_logins VALUES ('regress_none', 'acme', now());
CALL pg_temp.change($$UPDATE ideamine.tenant_logins SET tenant_id = 'globex' WHERE login = 'regress_none'$$);
CALL pg_temp.change($$DELETE FROM ideamine.tenant_logins WHERE login = 'regress_none'$$);
CALL pg_temp.change($$SELECT ideamine.unbind_login('regress_none', 'acme')$$);
CALL pg_temp.change($$TRUNCATE ideamine.tenant_logins$$);
CALL pg_temp.change($$SET LOCAL session_replication_role = replica; DELETE FROM ideamine.tenant_logins WHERE login = 'regress_none'$$);
COPY ideamine.tenant_logins FROM STDIN;
regress_none	globex	2026-01-01
\.
SET ROLE regress_none;
SELECT seen() AS after_copy;
RESET ROLE;
-- savepoints
BEGIN;
SAVEPOINT one;
DELETE FROM ideamine.tenant_logins WHERE login = 'regress_none' AND tenant_id = 'acme';
SET ROLE regress_none;
SELECT seen() AS without_acme;
RESET ROLE;
SAVEPOINT two;
DELETE FROM ideamine.tenant_logins WHERE login = 'regress_none';
SET LOCAL ROLE regress_none;
SELECT seen() AS not_bound;
ROLLBACK TO two;
SET LOCAL ROLE regress_none;
SELECT seen() AS without_acme;
ROLLBACK TO one;
SET LOCAL ROLE regress_none;
SELECT seen() AS with_both;
ROLLBACK;

-- A role is known by its name: one that is made again is bound as the one before it, one that is renamed is another one.
\c - regress_none
SELECT seen() AS before;
\c - :superuser
SET client_min_messages = warning;
SELECT ideamine.unbind_login('regress_none', 'acme');
REVOKE ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin FROM regress_none;
DROP ROLE regress_none;
CREATE ROLE regress_none LOGIN IN ROLE ideamine_reader;
SET ROLE regress_none;
SELECT seen() AS made_again;
RESET ROLE;
ALTER ROLE regress_none RENAME TO regress_renamed;
SET ROLE regress_renamed;
SELECT seen() AS renamed;
RESET ROLE;
ALTER ROLE regress_renamed RENAME TO regress_none;
SET ROLE regress_none;
SELECT seen() AS renamed_back;
RESET ROLE;
-- with its last tenant a login becomes the platform's, which is worth a warning
SELECT ideamine.unbind_login('regress_none', 'globex') AS unbound;
SET ROLE regress_none;
SELECT seen() AS not_bound_any_more;
RESET ROLE;

-- ---- workers -------------------------------------------------------------------------------------

-- A login that is bound registers workers for its own tenants, and is not told of work for others.
SELECT ideamine.register_worker('platform') AS platform \gset
SET ROLE regress_both;
SELECT ideamine.register_worker('both') AS both_worker \gset
SELECT ideamine.register_worker('one', tenants => '{globex}') AS globex_worker \gset
SELECT ideamine.register_worker('other', tenants => '{globex,elsewhere}');
SELECT ideamine.register_worker('none', tenants => '{}');
SELECT worker_type, tenants FROM ideamine.workers ORDER BY worker_id;
SET ROLE regress_acme;
SELECT ideamine.register_worker('acme') AS acme_worker \gset
SELECT worker_type, tenants FROM ideamine.v_workers;
\set VERBOSITY sqlstate
SELECT ideamine.heartbeat(:'both_worker');
SELECT ideamine.acquire_jobs(:'platform');
\set VERBOSITY default
SELECT tenant_id, job_type FROM ideamine.acquire_jobs(:'acme_worker', 10);
SELECT ideamine.next_work_at(:'acme_worker') AS next_work;
RESET ROLE;
SELECT created FROM ideamine.create_job('globex', 'due', run_at => now() + interval '1 hour');
UPDATE ideamine.jobs SET run_at = now() - interval '1 minute' WHERE job_type = 'due';
SET ROLE regress_acme;
SELECT ideamine.next_work_at(:'acme_worker') AS next_work;
SET ROLE regress_globex;
SELECT ideamine.next_work_at(:'globex_worker') AS next_work;
SELECT tenant_id, job_type FROM ideamine.acquire_jobs(:'globex_worker', 10) ORDER BY 2;
RESET ROLE;
SELECT created FROM ideamine.create_job('acme', 'later', run_at => '2100-01-01');
SET timezone = 'UTC';
SET ROLE regress_acme;
SELECT ideamine.next_work_at(:'acme_worker') AS next_work;
RESET ROLE;
-- taken from a tenant, a login loses the workers that serve it as well
SELECT ideamine.unbind_login('regress_both', 'globex') AS unbound;
SET ROLE regress_both;
SELECT worker_type FROM ideamine.workers ORDER BY 1;
\set VERBOSITY sqlstate
SELECT ideamine.heartbeat(:'both_worker');
\set VERBOSITY default
RESET ROLE;

-- ---- functions alone ------------------------------------------------------------------------------

-- A login that may call functions that read needs no right to any table.
TRUNCATE ideamine.jobs CASCADE;
SELECT job_id AS own FROM ideamine.create_job('acme', 'a') \gset
SELECT job_id AS other FROM ideamine.create_job('globex', 'g') \gset
CREATE ROLE regress_caller LOGIN;
SELECT ideamine.bind_login('regress_caller', 'acme');
GRANT USAGE ON SCHEMA ideamine TO regress_caller;
GRANT EXECUTE ON FUNCTION ideamine.get_job, ideamine.get_runnable_jobs, ideamine.explain_job, ideamine.get_project_settings,
  ideamine.has_role TO regress_caller;
SET ROLE regress_caller;
SELECT job_type FROM ideamine.get_job('acme', :'own');
\set VERBOSITY sqlstate
SELECT job_type FROM ideamine.get_job('acme', :'other');
\set VERBOSITY default
SELECT job_type FROM ideamine.get_runnable_jobs('acme');
SELECT reason FROM ideamine.explain_job('acme', :'own');
SELECT ideamine.get_project_settings('acme') -> 'routing' AS routing, ideamine.has_role('acme', 'ann', NULL, 'viewer') AS has_role;
SELECT ideamine.get_project_settings('globex');
SELECT count(*) FROM ideamine.jobs;
RESET ROLE;
DROP OWNED BY regress_caller;
DROP ROLE regress_caller;

TRUNCATE ideamine.tenant_logins, ideamine.jobs CASCADE;
DROP FUNCTION seen();
DROP SCHEMA regress_tricks CASCADE;
DROP ROLE regress_acme, regress_globex, regress_both, regress_none;
