-- complete_jobs: many attempts in one call, answered one by one.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
SELECT count(*) FROM unnest('{a,b,c,d,e,f,g,h}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT count(*) FROM ideamine.create_job('globex', 'other');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 100);
-- One element of a batch: the live lease of a job, with what is given put over it.
CREATE FUNCTION pg_temp.done(job text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
  'SELECT jsonb_build_object(''tenant_id'', tenant_id, ''job_id'', job_id, ''epoch'', epoch) || more
   FROM ideamine.jobs WHERE job_type = job';
CREATE FUNCTION pg_temp.complete(batch jsonb[], strict boolean DEFAULT false)
RETURNS TABLE (n bigint, tenant_id text, job text, answer text) LANGUAGE sql AS
  'SELECT n, tenant_id, coalesce(job_type, ''unknown''), answer
   FROM ideamine.complete_jobs(to_jsonb(batch), strict) WITH ORDINALITY AS c (tenant_id, job_id, answer, n)
   LEFT JOIN ideamine.jobs USING (job_id, tenant_id) ORDER BY n';

-- All live: ok, in the order of the array, across tenants; results are stored.
SELECT * FROM pg_temp.complete(ARRAY[pg_temp.done('b', '{"result": {"n": 2}}'), pg_temp.done('other'), pg_temp.done('a', '{"result": 1}')]);
SELECT job_type, status, result FROM ideamine.jobs WHERE job_type IN ('a', 'b', 'other') ORDER BY job_type;
SELECT j.job_type, e.attempt, e.outcome, e.worker_id = :'worker' AS its_worker
FROM ideamine.job_executions e JOIN ideamine.jobs j USING (job_id) ORDER BY j.job_type;

-- Some stale, some unknown: the rest is done.
SELECT * FROM pg_temp.complete(ARRAY[
  pg_temp.done('a'), pg_temp.done('c'), pg_temp.done('d', '{"epoch": 7}'),
  pg_temp.done('e', '{"job_id": "00000000-0000-0000-0000-000000000000"}'),
  pg_temp.done('e', '{"tenant_id": "globex"}'), pg_temp.done('e', '{"tenant_id": "nobody"}'), pg_temp.done('f')]);
SELECT job_type, status FROM ideamine.jobs WHERE job_type IN ('c', 'd', 'e', 'f') ORDER BY job_type;

-- One lease twice: the first counts. One job under two epochs: the live one counts.
SELECT * FROM pg_temp.complete(ARRAY[
  pg_temp.done('d', '{"result": "first"}'), pg_temp.done('d', '{"result": "second"}'),
  pg_temp.done('e', '{"epoch": 7, "result": "stale"}'), pg_temp.done('e', '{"result": "live"}')]);
SELECT job_type, status, result FROM ideamine.jobs WHERE job_type IN ('d', 'e') ORDER BY job_type;
SELECT count(*) FROM ideamine.job_executions e JOIN ideamine.jobs j USING (job_id) WHERE j.job_type IN ('d', 'e');

-- Strict: one stale or unknown lease raises, and nothing is done.
CREATE PROCEDURE pg_temp.refused_batch(batch jsonb[], strict boolean DEFAULT false) LANGUAGE plpgsql AS $$
BEGIN
  CALL pg_temp.refused('SELECT * FROM ideamine.complete_jobs(%L, %s)', to_jsonb(batch)::text, strict::text);
END
$$;
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('g'), pg_temp.done('a')], true);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('g'), pg_temp.done('h', '{"epoch": 1}')], true);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('g'), pg_temp.done('g')], true);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('g'), pg_temp.done('h', '{"tenant_id": "globex"}')], true);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('g'), pg_temp.done('h', '{"job_id": "00000000-0000-0000-0000-000000000000"}')], true);
SELECT job_type, status FROM ideamine.jobs WHERE job_type IN ('g', 'h') ORDER BY job_type;
SELECT * FROM pg_temp.complete(ARRAY[pg_temp.done('g'), pg_temp.done('h')], true);

-- The tenant may be left out.
SELECT created FROM ideamine.create_job('acme', 'i');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker');
SET ideamine.tenant_id = 'acme';
SELECT tenant_id, answer FROM ideamine.complete_jobs(jsonb_build_array(pg_temp.done('i') - 'tenant_id'));
RESET ideamine.tenant_id;

-- An empty batch, and a NULL for strict, which means the default.
SELECT * FROM ideamine.complete_jobs('[]');
SELECT * FROM pg_temp.complete(ARRAY[pg_temp.done('i')], NULL);

-- Bad elements are named by their position, and nothing is done.
SELECT count(*) FROM unnest('{j,k}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 2);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"colour": "red"}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k') - 'job_id']);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k') - 'epoch']);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"job_id": null}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"job_id": "seven"}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"epoch": null}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"epoch": "1"}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"epoch": 1.5}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"epoch": 1e300}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"tenant_id": ""}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', '{"tenant_id": 1}')]);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), '[]']);
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), 'null']);
CALL pg_temp.refused('SELECT * FROM ideamine.complete_jobs(NULL)');
CALL pg_temp.refused($$SELECT * FROM ideamine.complete_jobs('{}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.complete_jobs('"x"')$$);
SET ideamine.max_batch_size = 1;
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k')]);
RESET ideamine.max_batch_size;
SET ideamine.max_payload_size = '1kB';
CALL pg_temp.refused_batch(ARRAY[pg_temp.done('j'), pg_temp.done('k', jsonb_build_object('result', repeat('x', 2000)))]);
RESET ideamine.max_payload_size;
SELECT job_type, status FROM ideamine.jobs WHERE job_type IN ('j', 'k') ORDER BY job_type;

-- Many at once, each exactly once.
SELECT count(*) FROM ideamine.create_jobs('acme', (
  SELECT jsonb_agg(jsonb_build_object('job_type', 'many', 'payload', i)) FROM generate_series(1, 2000) AS i));
CREATE TEMP TABLE many AS SELECT tenant_id, job_id, epoch FROM ideamine.acquire_jobs(:'worker', 2000);
SELECT answer, count(*), count(DISTINCT job_id) FROM ideamine.complete_jobs((
  SELECT jsonb_agg(to_jsonb(many) || jsonb_build_object('result', job_id) ORDER BY random()) FROM many)) GROUP BY answer;
SELECT status, count(*) FILTER (WHERE result = to_jsonb(job_id)) AS with_its_own_result, count(*)
FROM ideamine.jobs WHERE job_type = 'many' GROUP BY status;

-- So of many tenants, with some among them whose rows are not where they stood, or who hold a concurrency key, and with twins.
SELECT count(ideamine.create_tenant('tenant-' || i)) FROM generate_series(1, 60) AS i;
SELECT count(*) FROM generate_series(1, 60) AS i, generate_series(1, 5) AS n, ideamine.create_job('tenant-' || i, 'one of ' || n,
  options => CASE WHEN i % 7 = 0 AND n = 2 THEN '{"concurrency_key": "key"}' ELSE '{}' END::jsonb);
CREATE TEMP TABLE spread AS SELECT tenant_id, job_id, epoch, job_type FROM ideamine.acquire_jobs(:'worker', 1000);
UPDATE ideamine.jobs SET phase = 'moved' WHERE job_type = 'one of 3' AND tenant_id LIKE '%1';
SELECT answer, count(*), count(DISTINCT job_id) FROM ideamine.complete_jobs((
  SELECT jsonb_agg(to_jsonb(spread) - 'job_type' || jsonb_build_object('result', job_id) ORDER BY random())
  FROM (SELECT * FROM spread UNION ALL SELECT * FROM spread WHERE job_type = 'one of 4') AS spread)) GROUP BY answer ORDER BY answer;
SELECT status, count(*) FILTER (WHERE result = to_jsonb(job_id)) AS with_its_own_result, count(*)
FROM ideamine.jobs WHERE job_type LIKE 'one of _' GROUP BY status;
