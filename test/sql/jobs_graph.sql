-- Dependencies: when what a job waits for ends, well or badly.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme');
SELECT ideamine.register_worker('test') AS worker \gset

CREATE VIEW pg_temp.graph AS
  SELECT job_type AS job, status, open_dependencies AS open, dependents, ready_at IS NOT NULL AS ready
  FROM ideamine.jobs ORDER BY job_type;
CREATE FUNCTION pg_temp.complete(job text) RETURNS integer LANGUAGE sql AS
  'SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = job';
CREATE FUNCTION pg_temp.fail_for_good(job text) RETURNS ideamine.job_status LANGUAGE sql AS
  'SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, ''boom'', false) f WHERE job_type = job';
CREATE FUNCTION pg_temp.cancel(job text) RETURNS integer LANGUAGE sql AS
  'SELECT c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id, ''no longer needed'') c WHERE job_type = job';

-- A diamond: each job becomes runnable with the last job that it waits for, and complete_job says how many did.
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"},
  {"key": "b", "job_type": "b", "depends_on": ["a"]},
  {"key": "c", "job_type": "c", "depends_on": ["a"]},
  {"key": "d", "job_type": "d", "depends_on": ["b", "c"]}]');
SELECT * FROM pg_temp.graph;
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT pg_temp.complete('a');
SELECT * FROM pg_temp.graph;
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT pg_temp.complete('c');
SELECT * FROM pg_temp.graph WHERE job = 'd';
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT pg_temp.complete('b');
SELECT * FROM pg_temp.graph WHERE job = 'd';
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT pg_temp.complete('d');

-- The two before a third, completed in one call: it is counted down once for each.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"}, {"key": "c", "job_type": "c"},
  {"key": "d", "job_type": "d", "depends_on": ["a", "b", "c"]}]');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT answer, count(*) FROM ideamine.complete_jobs((
  SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch))
  FROM ideamine.jobs WHERE job_type IN ('a', 'b'))) GROUP BY answer;
SELECT * FROM pg_temp.graph WHERE job = 'd';
SELECT pg_temp.complete('c');
SELECT * FROM pg_temp.graph WHERE job = 'd';

-- A job that is made to wait for jobs that have been completed is runnable at once.
SELECT created FROM ideamine.create_job('acme', 'e', depends_on => ARRAY(
  SELECT job_id FROM ideamine.jobs WHERE job_type IN ('a', 'b')));
SELECT * FROM pg_temp.graph WHERE job = 'e';

-- One of them still open: it waits for that one alone.
SELECT created FROM ideamine.create_job('acme', 'f', depends_on => ARRAY(
  SELECT job_id FROM ideamine.jobs WHERE job_type IN ('a', 'd')));
SELECT * FROM pg_temp.graph WHERE job IN ('a', 'd', 'f');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT pg_temp.complete('d');
SELECT * FROM pg_temp.graph WHERE job = 'f';

-- A job with a time of its own still waits for that when all it waited for has been completed.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT count(*) FROM ideamine.create_jobs('acme', jsonb_build_array(
  '{"key": "a", "job_type": "a"}'::jsonb,
  jsonb_build_object('key', 'b', 'job_type', 'b', 'depends_on', '["a"]'::jsonb, 'run_at', now() + interval '1 day'),
  jsonb_build_object('key', 'c', 'job_type', 'c', 'depends_on', '["a"]'::jsonb, 'run_at', now() - interval '1 day')));
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.complete('a');
SELECT * FROM pg_temp.graph;
SELECT ideamine.promote_scheduled_jobs(now() + interval '2 days');
SELECT * FROM pg_temp.graph;

-- A failure that is retried leaves those that wait for the job alone; one for good cancels them and all behind them.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"key": "other", "job_type": "other"},
  {"key": "b", "job_type": "b", "depends_on": ["a"]},
  {"key": "c", "job_type": "c", "depends_on": ["b", "other"]},
  {"key": "d", "job_type": "d", "depends_on": ["c"]},
  {"key": "e", "job_type": "e", "depends_on": ["other"]}]');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'once', retry_after => '0') f WHERE job_type = 'a';
SELECT * FROM pg_temp.graph WHERE job = 'b';
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.fail_for_good('a');
SELECT g.*, j.cancel_reason, j.finished_at IS NOT NULL AS finished
FROM pg_temp.graph g JOIN ideamine.jobs j ON j.job_type = g.job ORDER BY g.job;

-- What was cancelled stays so when the rest of what it waited for is completed; what did not wait for the failed job runs.
SELECT pg_temp.complete('other');
SELECT * FROM pg_temp.graph;

-- The cancelled ones are not dead letters: they have had no attempt.
SELECT job_type FROM ideamine.dead_letter_queue;

-- Made to wait for a job that has failed, or was cancelled: cancelled at once, with the jobs of its call that wait for it.
SELECT created FROM ideamine.create_job('acme', 'f', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'a'));
SELECT created FROM ideamine.create_job('acme', 'g', depends_on => ARRAY(
  SELECT job_id FROM ideamine.jobs WHERE job_type IN ('d', 'e', 'other')));
SELECT key, created FROM ideamine.create_jobs('acme', (SELECT jsonb_build_array(
  '{"key": "j", "job_type": "j", "depends_on": ["i"]}'::jsonb,
  jsonb_build_object('key', 'h', 'job_type', 'h', 'depends_on', jsonb_build_array(job_id)),
  '{"key": "i", "job_type": "i", "depends_on": ["h", "k"]}'::jsonb,
  '{"key": "k", "job_type": "k"}'::jsonb) FROM ideamine.jobs WHERE job_type = 'a'));
SELECT job_type, status, ready_at IS NOT NULL AS ready, finished_at IS NOT NULL AS finished, cancel_reason
FROM ideamine.jobs WHERE job_type IN ('f', 'g', 'h', 'i', 'j', 'k') ORDER BY job_type;

-- They can be nobody's to acquire.
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;

-- Cancelling a job cancels all that wait for it, directly or not, each once; the rest of the graph goes on.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"},
  {"key": "b", "job_type": "b", "depends_on": ["a"]},
  {"key": "c", "job_type": "c", "depends_on": ["a"]},
  {"key": "d", "job_type": "d", "depends_on": ["b", "c"]},
  {"key": "e", "job_type": "e", "depends_on": ["b", "d"]},
  {"key": "f", "job_type": "f", "depends_on": ["c"]}]');
SELECT pg_temp.cancel('b');
SELECT job_type, status, cancel_reason FROM ideamine.jobs ORDER BY job_type;
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.complete('a');
SELECT * FROM pg_temp.graph;

-- A job that is completed before it can be cancelled takes nobody along.
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.complete('c');
SELECT pg_temp.cancel('c');
SELECT * FROM pg_temp.graph WHERE job IN ('c', 'f');

-- A wide graph: 300 jobs before one, 300 behind it.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT count(*) FROM ideamine.create_jobs('acme', (
  SELECT jsonb_agg(jsonb_build_object('key', 'in' || i, 'job_type', 'in')) FROM generate_series(1, 300) AS i)
  || (SELECT jsonb_build_array(jsonb_build_object('key', 'hub', 'job_type', 'hub', 'depends_on', jsonb_agg('in' || i)))
      FROM generate_series(1, 300) AS i)
  || (SELECT jsonb_agg('{"job_type": "out", "depends_on": ["hub"]}'::jsonb) FROM generate_series(1, 300)));
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 5000);
SELECT count(*), sum(ideamine.complete_job(tenant_id, job_id, epoch)) FROM ideamine.jobs WHERE job_type = 'in';
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 5000);
SELECT pg_temp.complete('hub');
SELECT job_type, status, count(*), sum(open_dependencies) AS open FROM ideamine.jobs GROUP BY job_type, status ORDER BY job_type;

-- Dependents and jobs to vote on are found by their ids, however many others are blocked: not by walking through the table, which happens once, to load it.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT count(*) FROM ideamine.create_job('acme', 'one');
ANALYZE ideamine.jobs;
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg(jsonb_build_object('job_type', 'first', 'key', 'f' || i))
    || jsonb_agg(jsonb_build_object('job_type', 'second', 'depends_on', jsonb_build_array('f' || i)))
    || jsonb_agg(jsonb_build_object('job_type', 'answer', 'quorum', '{"votes": 2, "agree": 1}'::jsonb))
  FROM generate_series(1, 200) AS i));
BEGIN;
CREATE TEMPORARY TABLE leased ON COMMIT DROP AS
  SELECT a.* FROM ideamine.acquire_jobs(ideamine.register_worker('many'), 10000) a;
SELECT answer, count(*) FROM ideamine.complete_jobs((SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)) FROM leased)) GROUP BY 1;
SELECT pg_stat_get_xact_tuples_returned('ideamine.jobs'::regclass) < 5000 AS by_id;
COMMIT;
SELECT job_type, status, count(*) FROM ideamine.jobs WHERE quorum_of IS NULL GROUP BY 1, 2 ORDER BY 1, 2;
