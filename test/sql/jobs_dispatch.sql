-- The dispatch plane is a cache of the table: what changes the table behind its back, and what is done about that.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;
SELECT count(*) FROM unnest('{acme,other,young}'::text[]) AS tenant, ideamine.create_tenant(tenant);
SELECT ideamine.register_worker('dispatched', '{gpu}') AS worker \gset
CREATE FUNCTION pg_temp.taken(worker uuid) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(job_type, ' ' ORDER BY job_type), 'nothing') FROM ideamine.acquire_jobs(worker, 100);
$$;

-- Jobs that were ended by hand are not handed out, without anybody saying so.
SELECT count(*) FROM generate_series(1, 3) AS i, ideamine.create_job('acme', 'job' || i);
UPDATE ideamine.jobs SET status = 'cancelled' WHERE job_type = 'job2';
DELETE FROM ideamine.jobs WHERE job_type = 'job3';
SELECT pg_temp.taken(:'worker');

-- Of jobs that were made runnable by hand nobody hears, until somebody says so,
UPDATE ideamine.jobs SET status = 'pending', ready_at = now() - interval '1 minute' WHERE job_type = 'job2';
SELECT pg_temp.taken(:'worker');
BEGIN;
SELECT ideamine.reload_dispatch();
ROLLBACK;
SELECT pg_temp.taken(:'worker');
SELECT ideamine.reload_dispatch();
SELECT pg_temp.taken(:'worker');

-- or until somebody looks, which finds what has been ready for 5 seconds, in queues that are known and others.
UPDATE ideamine.jobs SET status = 'pending', ready_at = now() - interval '1 minute';
INSERT INTO ideamine.jobs (job_id, tenant_id, queue, job_type, payload, priority_class, status, created_at, run_at, ready_at, required_capabilities,
  epoch, attempt, open_dependencies, dependents)
SELECT gen_random_uuid(), tenant, 'default', 'of ' || tenant, '{}', 'P1', 'pending', now(), now(), now() - age, '{gpu}', 0, 0, 0, 0
FROM (VALUES ('acme', interval '1 minute'), ('other', interval '1 minute'), ('young', interval '0')) AS t (tenant, age);
SELECT created FROM ideamine.create_job('acme', 'later');
SELECT ideamine.reconcile_dispatch();
SELECT ideamine.reconcile_dispatch();
SELECT pg_temp.taken(:'worker');
-- In somebody's hands it is not missing.
SELECT ideamine.reconcile_dispatch();

-- What is loaded by COPY is found.
TRUNCATE ideamine.jobs CASCADE;
SELECT pg_temp.taken(:'worker');
COPY ideamine.jobs (job_id, tenant_id, queue, job_type, payload, priority_class, status, created_at, run_at, ready_at, required_capabilities,
  epoch, attempt, open_dependencies, dependents) FROM stdin WITH (DELIMITER ' ');
00000000-0000-7000-8000-000000000001 acme default copied {} P2 pending 2026-01-01 2026-01-01 2026-01-01 {} 0 0 0 0
\.
SELECT pg_temp.taken(:'worker');

-- Weights: shares of what a class gets.
TRUNCATE ideamine.jobs CASCADE;
SELECT count(ideamine.create_tenant(tenant)) FROM unnest('{light,heavy,usual}'::text[]) AS tenant;
SELECT ideamine.set_tenant_weight('light', 50), ideamine.set_tenant_weight('heavy', 300);
SELECT count(*) FROM unnest('{light,heavy,usual}'::text[]) AS tenant, generate_series(1, 90) AS i, ideamine.create_job(tenant, 'job ' || i);
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 90) GROUP BY tenant_id ORDER BY count(*);
-- They hold from the commit on, also when they are changed in the table; after a rollback nothing has changed.
BEGIN;
SELECT ideamine.set_tenant_weight('heavy', 1);
SAVEPOINT s;
UPDATE ideamine.tenants SET weight = 1000 WHERE tenant_id = 'usual';
ROLLBACK TO s;
UPDATE ideamine.tenants SET weight = 100 WHERE tenant_id = 'light';
COMMIT;
BEGIN;
SELECT ideamine.set_tenant_weight('light', 1000);
ROLLBACK;
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 40) GROUP BY tenant_id ORDER BY tenant_id;
-- What a job costs is the time that it took: after one of a minute it is the others' turn.
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 1000);
SELECT ideamine.set_tenant_weight('light', 100), ideamine.set_tenant_weight('heavy', 100), ideamine.set_tenant_weight('usual', 100);
SELECT count(*) FROM unnest('{light,heavy,usual}'::text[]) AS tenant, generate_series(1, 90) AS i, ideamine.create_job(tenant, 'job ' || i, priority_class => 'P1');
SELECT tenant_id, job_id, epoch FROM ideamine.acquire_jobs(:'worker', 3) ORDER BY tenant_id LIMIT 1 \gset
UPDATE ideamine.jobs SET started_at = started_at - interval '1 minute' WHERE job_id = :'job_id';
SELECT ideamine.complete_job(:'tenant_id', :'job_id', :epoch);
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 100) GROUP BY tenant_id ORDER BY tenant_id;
SELECT tenant_id, count(*) BETWEEN 13 AND 14 AS as_computed FROM ideamine.acquire_jobs(:'worker', 60) GROUP BY tenant_id HAVING tenant_id = :'tenant_id';
\set VERBOSITY sqlstate
SELECT ideamine.set_tenant_weight('light', 0);
SELECT ideamine.set_tenant_weight('light', 1001);
SELECT ideamine.set_tenant_weight('light', NULL);
SELECT ideamine.set_tenant_weight('nobody', 100);
\set VERBOSITY default

-- What is running is known in memory: as much as the table says, whatever becomes of a transaction.
TRUNCATE ideamine.jobs CASCADE;
SELECT ideamine.register_worker('watched', '{}') AS watched \gset
SELECT ideamine.reconcile_dispatch() AS what_ran_before_is_forgotten;
CREATE FUNCTION pg_temp.apart() RETURNS TABLE (job_type text, "where" text) LANGUAGE sql AS $$
  SELECT j.job_type, CASE WHEN r.id IS NULL THEN 'table' ELSE 'memory' END
  FROM ideamine_internal.running_jobs() AS r (id)
  FULL JOIN (SELECT * FROM ideamine.jobs WHERE status = 'running') AS j ON j.job_id = r.id
  WHERE r.id IS NULL OR j.job_id IS NULL ORDER BY 1;
$$;
CREATE FUNCTION pg_temp.held(worker uuid) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(job_type, ' ' ORDER BY job_type), 'nothing')
  FROM ideamine_internal.running_jobs(worker) AS r (id) LEFT JOIN ideamine.jobs ON job_id = r.id;
$$;
CREATE FUNCTION pg_temp.ended(type text) RETURNS bigint LANGUAGE sql AS $$
  SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = type;
$$;
SELECT count(*) FROM unnest('{a,b,c,d,e,f}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT created FROM ideamine.create_job('acme', 'keyed', options => '{"concurrency_key": "k"}');
BEGIN;
SELECT count(*) FROM ideamine.acquire_jobs(:'watched', 2);
SELECT pg_temp.held(:'watched');
ROLLBACK;
SELECT pg_temp.held(:'watched');
BEGIN;
SELECT count(*) FROM ideamine.acquire_jobs(:'watched', 2);
SAVEPOINT s;
SELECT count(*) FROM ideamine.acquire_jobs(:'watched', 1);
SELECT pg_temp.held(:'watched');
ROLLBACK TO s;
SAVEPOINT t;
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 2);
RELEASE t;
COMMIT;
SELECT pg_temp.held(:'watched'), pg_temp.held(:'worker');
BEGIN;
SELECT pg_temp.ended('a');
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT pg_temp.ended('a');
ROLLBACK TO s;
SELECT pg_temp.ended('b');
COMMIT;
SELECT pg_temp.held(:'watched'), pg_temp.held(:'worker');
-- It ends and is leased anew in one transaction.
BEGIN;
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'a';
SELECT count(*) FROM ideamine.acquire_jobs(:'watched', 10);
COMMIT;
SELECT pg_temp.held(:'watched'), pg_temp.held(:'worker');
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'c';
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'no') AS f WHERE job_type = 'd';
SELECT pg_temp.held(:'watched'), pg_temp.held(:'worker');
SELECT pg_temp.ended('keyed');
SELECT * FROM pg_temp.apart();
-- What runs because somebody wrote so is missing until somebody looks.
UPDATE ideamine.jobs SET status = 'running', started_at = now() - interval '1 minute', worker_id = :'watched' WHERE job_type = 'b';
UPDATE ideamine.jobs SET status = 'completed' WHERE job_type = 'a';
SELECT * FROM pg_temp.apart();
SELECT ideamine.reconcile_dispatch();
SELECT * FROM pg_temp.apart();

-- Nothing is written where nothing may be. The errors name no statement of ours: jobs are written past the executor.
SELECT created FROM ideamine.create_job('acme', 'kept');
SELECT pg_temp.taken(:'watched');
SELECT created FROM ideamine.create_job('acme', 'left');
BEGIN READ ONLY;
SELECT pg_temp.taken(:'watched');
ROLLBACK;
BEGIN READ ONLY;
SELECT pg_temp.ended('kept');
ROLLBACK;
BEGIN READ ONLY;
SELECT created FROM ideamine.create_job('acme', 'never');
ROLLBACK;
SELECT job_type, status FROM ideamine.jobs WHERE job_type IN ('kept', 'left') ORDER BY 1;
SELECT pg_temp.taken(:'watched');

-- Triggers of others are called, though jobs are written past the executor otherwise.
CREATE TABLE seen (n serial, old text, new text);
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.seen (old, new) VALUES (OLD.status, NEW.status);
  RETURN NULL;
END $$;
CREATE TRIGGER note_change AFTER UPDATE ON ideamine.jobs FOR EACH ROW EXECUTE FUNCTION note_change();
SELECT created FROM ideamine.create_job('acme', 'noticed', priority_class => 'P0');
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 1);
SELECT pg_temp.ended('noticed');
SELECT * FROM seen;
DROP TRIGGER note_change ON ideamine.jobs;
CREATE TRIGGER note_change AFTER INSERT ON ideamine.jobs FOR EACH ROW EXECUTE FUNCTION note_change();
SELECT created FROM ideamine.create_job('acme', 'noticed as well');
SELECT count(*) FROM seen;
DROP TRIGGER note_change ON ideamine.jobs;
-- So are constraints and columns that others have added.
ALTER TABLE ideamine.jobs ADD CONSTRAINT no_such_thing CHECK (job_type <> 'no such thing'), ADD COLUMN note text DEFAULT 'theirs';
\set VERBOSITY sqlstate
SELECT created FROM ideamine.create_job('acme', 'no such thing');
\set VERBOSITY default
SELECT created FROM ideamine.create_job('acme', 'such a thing', priority_class => 'P0');
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 1);
SELECT job_type, note FROM ideamine.jobs WHERE job_type LIKE '%such%';
ALTER TABLE ideamine.jobs DROP CONSTRAINT no_such_thing, DROP COLUMN note;
DROP TABLE seen;
DROP FUNCTION note_change();
SELECT created FROM ideamine.create_job('acme', 'unnoticed', priority_class => 'P0');
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 1);
SELECT pg_temp.ended('unnoticed');
SELECT job_type, status, attempt, finished_at IS NOT NULL AS finished FROM ideamine.jobs WHERE job_type LIKE '%noticed' ORDER BY 1;

-- What is in memory can be seen: jobs that wait, and those that run.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT ideamine.reconcile_dispatch();
SELECT phase, ready_jobs, spilled_queues, leases, has_all_leases, bytes_in_use > 0 AS uses_some FROM ideamine.get_dispatch_memory();
SELECT count(*) FROM unnest('{x,y,z}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT count(*) FROM ideamine.acquire_jobs(:'watched');
SELECT phase, ready_jobs, spilled_queues, leases, has_all_leases, bytes_in_use > 0 AS uses_some FROM ideamine.get_dispatch_memory();

-- What a transaction has cancelled itself, and then met or read in vain, is there again when it rolls back.
CREATE FUNCTION pg_temp.cancelled(type text) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM ideamine.jobs, ideamine.cancel_job(tenant_id, job_id) WHERE job_type = type;
$$;
BEGIN;
SELECT pg_temp.cancelled('y');
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 10);
ROLLBACK;
SELECT ready_jobs FROM ideamine.get_dispatch_memory();
BEGIN;
SAVEPOINT s;
SELECT pg_temp.cancelled('y');
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 10);
ROLLBACK TO s;
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 1);
ROLLBACK;
SELECT ideamine.reload_dispatch();
BEGIN;
SELECT pg_temp.cancelled('y');
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 10);
ROLLBACK;
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 10);
-- So are leases that it has ended.
SELECT ideamine.reload_dispatch();
BEGIN;
SELECT pg_temp.ended('y');
SELECT job_type FROM ideamine.acquire_jobs(:'watched', 10);
ROLLBACK;
SELECT * FROM pg_temp.apart();
SELECT pg_temp.held(:'watched');

-- Where a job stood that was deleted by hand another one may stand now: that is not for whoever was to get the first.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT ideamine.register_worker('of acme', tenants => '{acme}') AS of_acme \gset
SELECT pg_temp.taken(:'of_acme');
SELECT created FROM ideamine.create_job('acme', 'deleted');
SELECT ready_jobs FROM ideamine.get_dispatch_memory();
DELETE FROM ideamine.jobs;
VACUUM ideamine.jobs;
SELECT created FROM ideamine.create_job('other', 'of other');
SELECT pg_temp.taken(:'of_acme');
SELECT pg_temp.taken(:'worker');
