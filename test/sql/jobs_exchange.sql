-- exchange_jobs: completes what is done and acquires the next jobs in one call; nothing is done twice, or by halves.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
SELECT ideamine.register_worker('another') AS another \gset
-- Makes jobs of these types, in this order, with these options.
CREATE FUNCTION pg_temp.make(types text, options jsonb DEFAULT '{}', tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM ideamine.create_jobs(tenant, (SELECT jsonb_agg(options || jsonb_build_object('job_type', type) ORDER BY i)
    FROM regexp_split_to_table(types, ' ') WITH ORDINALITY AS t (type, i)))$$;
CREATE FUNCTION pg_temp.acquire(worker uuid, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM ideamine.acquire_jobs(worker, jobs)';
-- One completion: the latest lease of a job, with what is given put over it.
CREATE FUNCTION pg_temp.done(job text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
  $$SELECT jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch) || more FROM ideamine.jobs WHERE job_type = job$$;
-- What a call returns, in its order, with the job's type where a completion leaves it out.
CREATE FUNCTION pg_temp.exchange(worker uuid, done jsonb[] DEFAULT NULL, max_jobs integer DEFAULT 1, strict boolean DEFAULT false)
RETURNS TABLE (n bigint, tenant_id text, job text, answer text, acquired boolean) LANGUAGE sql AS
  $$SELECT n, e.tenant_id, coalesce(j.job_type, 'unknown'), e.answer, e.job_type IS NOT NULL
    FROM ideamine.exchange_jobs(worker, to_jsonb(done), max_jobs, strict => strict)
      WITH ORDINALITY AS e (tenant_id, job_id, epoch, attempt, job_type, payload, checkpoint, lease_expires_at, deadline, context, answer, n)
    LEFT JOIN ideamine.jobs j USING (job_id, tenant_id) ORDER BY n$$;
CREATE PROCEDURE pg_temp.refused_exchange(worker uuid, done jsonb[] DEFAULT NULL, max_jobs integer DEFAULT 1, strict boolean DEFAULT false) LANGUAGE plpgsql AS $$
BEGIN
  CALL pg_temp.refused('SELECT * FROM ideamine.exchange_jobs(%L, %L, %s, strict => %L)', worker::text, to_jsonb(done)::text, max_jobs::text, strict::text);
END
$$;
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices';
CREATE VIEW pg_temp.state AS SELECT job_type, status, result FROM ideamine.jobs ORDER BY job_id;

-- First a row for each completion, in the order of the array, and then one for each new job, in the order of acquisition.
SELECT pg_temp.make('a b c d e'), pg_temp.make('x', tenant => 'globex');
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker', 3)) AS type;
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('b', '{"result": {"n": 2}}'), pg_temp.done('x'), pg_temp.done('a', '{"result": null}')], 2);
SELECT * FROM pg_temp.state;
SELECT j.job_type, e.attempt, e.outcome, e.worker_id = :'worker' AS its_worker, e.epoch = j.epoch AS its_lease
FROM ideamine.job_executions e JOIN ideamine.jobs j USING (job_id) ORDER BY 1;

-- A completion's row names the lease and has no more than its answer.
SELECT job_id AS job, epoch AS lease FROM ideamine.jobs WHERE job_type = 'c' \gset
SELECT tenant_id, job_id = :'job' AS the_job, epoch = :lease AS the_lease, attempt, job_type, payload, checkpoint, lease_expires_at, deadline, context, answer
FROM ideamine.exchange_jobs(:'worker', jsonb_build_array(pg_temp.done('c', '{"result": 1}')), 1) WHERE answer IS NOT NULL;
-- A new job's row is as acquire_jobs() gives it, and has no answer.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'resumed', '{"n": 1}', options => '{"timeout": "1 hour"}');
SELECT ideamine.release_job(tenant_id, job_id, epoch, '{"page": 7}') FROM ideamine.acquire_jobs(:'worker');
CREATE TABLE pg_temp.got AS SELECT * FROM ideamine.exchange_jobs(:'worker', lease => '5 minutes');
SELECT g.tenant_id, j.epoch = g.epoch AS the_lease, g.attempt, g.job_type, g.payload, g.checkpoint, g.lease_expires_at - j.started_at AS lease,
       g.deadline - j.started_at AS timeout, g.context, g.answer, j.status, j.worker_id = :'worker' AS its_worker
FROM pg_temp.got g JOIN ideamine.jobs j USING (job_id, tenant_id);
-- By default one job, for ideamine.lease_duration.
SELECT pg_temp.make('a b');
SET ideamine.lease_duration = '90s';
SELECT job_type FROM ideamine.exchange_jobs(:'worker');
SELECT job_type, status, lease FROM ideamine.jobs WHERE job_type IN ('a', 'b') ORDER BY 1;
RESET ideamine.lease_duration;
-- One that runs although what it waited for has failed is told so.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "fails"}, {"job_type": "runs", "depends_on": ["a"], "on_failure": "run"}]');
SELECT f.status FROM ideamine.acquire_jobs(:'worker'), ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f;
SELECT job_type, context->'failed'->0->>'job_type' AS failed, context->'failed'->0->>'error' AS error FROM ideamine.exchange_jobs(:'worker');

-- Nothing done: NULL or an empty array. Nothing to do: no rows.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b');
SELECT * FROM pg_temp.exchange(:'worker', NULL);
SELECT * FROM pg_temp.exchange(:'worker', '{}');
SELECT count(*) FROM ideamine.exchange_jobs(:'worker', '[]');
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b')]);
SELECT count(*) FROM ideamine.exchange_jobs(:'worker', NULL, 10000);

-- What a completion unblocks is acquired in the same call, once all that it waits for is done.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"},
  {"key": "c", "job_type": "c", "depends_on": ["a"]}, {"key": "d", "job_type": "d", "depends_on": ["a", "b"]}, {"key": "e", "job_type": "e", "depends_on": ["c"]}]');
SELECT pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('a')], 10);
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('c'), pg_temp.done('b')], 10);
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('d'), pg_temp.done('e')], 10);

-- So is one that waited for the concurrency key of a job that is completed.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c', '{"concurrency_key": "k"}'), pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('a')], 10);
SELECT * FROM pg_temp.exchange(:'another', NULL, 10);
SELECT * FROM pg_temp.exchange(:'another', ARRAY[pg_temp.done('b')], 10);

-- Stale and unknown leases are answered as such; the rest is done, and there are new jobs.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c d e'), pg_temp.acquire(:'worker', 4);
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'a';
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'd';
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[
  pg_temp.done('a'), pg_temp.done('b', '{"epoch": 7}'), pg_temp.done('c', '{"result": "ok"}'), pg_temp.done('d'), pg_temp.done('e'),
  pg_temp.done('b', '{"tenant_id": "globex"}'), pg_temp.done('b', '{"tenant_id": "nobody"}'),
  pg_temp.done('b', '{"job_id": "00000000-0000-0000-0000-000000000000"}')], 10);
SELECT * FROM pg_temp.state;
-- The row has the lease that was named, not the latest one.
SELECT tenant_id, job_id, epoch, answer FROM ideamine.exchange_jobs(:'worker',
  '[{"tenant_id": "acme", "job_id": "00000000-0000-0000-0000-000000000000", "epoch": 7}]');
-- One lease twice: the first counts.
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('b', '{"result": "first"}'), pg_temp.done('b', '{"result": "second"}')]);
SELECT status, result FROM ideamine.jobs WHERE job_type = 'b';
-- A lease that was lost and given to somebody else.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a'), pg_temp.acquire(:'worker');
SELECT pg_temp.done('a') AS lost \gset
SELECT count(*) FROM ideamine.expire_leases(clock_timestamp() + interval '1 hour');
SELECT pg_temp.acquire(:'another');
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[:'lost']::jsonb[]);
SELECT status, worker_id = :'another' AS held_by_the_other FROM ideamine.jobs;

-- Strict: one stale or unknown lease raises, and nothing is done and nothing acquired.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c'), pg_temp.acquire(:'worker', 2);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b', '{"epoch": 7}')], 10, true);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('c')], 10, true);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('a')], 10, true);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b', '{"tenant_id": "globex"}')], 10, true);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b', '{"job_id": "00000000-0000-0000-0000-000000000000"}')], 10, true);
SELECT * FROM pg_temp.state;
-- With live leases only it is as without. NULL means the default.
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b')], 10, true);
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('a')], 10, NULL);

-- The lease counts, not who names it: another worker may hand in what a worker has done.
SELECT * FROM pg_temp.exchange(:'another', ARRAY[pg_temp.done('c')]);

-- The tenant may be left out.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a'), pg_temp.acquire(:'worker');
SET ideamine.tenant_id = 'acme';
SELECT tenant_id, answer FROM ideamine.exchange_jobs(:'worker', jsonb_build_array(pg_temp.done('a') - 'tenant_id'));
RESET ideamine.tenant_id;

-- The claims are those of acquire_jobs(): the highest class first, what the worker can do, of tenants that it serves.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('picky', '{llm}', tenants => '{globex}') AS picky \gset
SELECT pg_temp.make('low', '{"priority_class": "P3"}'), pg_temp.make('high', '{"priority_class": "P0"}'),
       pg_temp.make('gpu', '{"required_capabilities": ["gpu"]}'), pg_temp.make('llm', '{"required_capabilities": ["llm"]}'),
       pg_temp.make('its', '{"required_capabilities": ["llm"]}', 'globex'), pg_temp.make('not_its', '{"required_capabilities": ["gpu"]}', 'globex');
SELECT * FROM pg_temp.exchange(:'worker', NULL, 10);
SELECT * FROM pg_temp.exchange(:'picky', ARRAY[pg_temp.done('high')], 10);
-- Not of paused queues, not before their time; scheduled jobs that came due are found.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('paused', '{"queue": "mail"}'), ideamine.pause_queue('acme', 'mail'), pg_temp.make('paused_too', '{"queue": "mail"}');
SELECT count(*) FROM unnest('{later,due}'::text[]) AS type, ideamine.create_job('acme', type, run_at => now() + interval '1 hour');
UPDATE ideamine.jobs SET run_at = now() - interval '1 minute' WHERE job_type = 'due';
SELECT * FROM pg_temp.exchange(:'worker', NULL, 10);

-- What is completed makes room in the worker's capacity.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('small', capacity => 2) AS small \gset
SELECT pg_temp.make('a b c d e'), pg_temp.acquire(:'small');
SELECT * FROM pg_temp.exchange(:'small', NULL, 10);
SELECT * FROM pg_temp.exchange(:'small', ARRAY[pg_temp.done('a')], 10);
SELECT * FROM pg_temp.exchange(:'small', ARRAY[pg_temp.done('b', '{"epoch": 7}')], 10);
SELECT * FROM pg_temp.exchange(:'small', ARRAY[pg_temp.done('b'), pg_temp.done('c')], 10);

-- A worker never gets a second vote for one job, also when it has just given the first; the last vote decides.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('answer', '{"quorum": {"votes": 3, "agree": 2}}');
CREATE FUNCTION pg_temp.vote(worker uuid, given text) RETURNS jsonb LANGUAGE sql AS
  $$SELECT jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch, 'result', given) FROM ideamine.jobs WHERE worker_id = worker AND status = 'running'$$;
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE quorum IS NOT NULL));
SELECT * FROM pg_temp.exchange(:'worker', NULL, 10);
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.vote(:'worker', 'yes')], 10);
SELECT * FROM pg_temp.exchange(:'another', NULL, 10);
SELECT * FROM pg_temp.exchange(:'another', ARRAY[pg_temp.vote(:'another', 'yes')], 10);
SELECT status, result FROM ideamine.jobs WHERE quorum IS NOT NULL;

-- A draining worker hands in what it has done and gets nothing new.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('leaving') AS leaving \gset
SELECT pg_temp.make('a b c'), pg_temp.acquire(:'leaving', 2), ideamine.drain_worker(:'leaving');
SELECT * FROM pg_temp.exchange(:'leaving', ARRAY[pg_temp.done('a', '{"result": 1}')], 10);
SELECT * FROM pg_temp.state;
-- One that has ended is told so, and nothing is done.
SELECT ideamine.terminate_worker(:'leaving');
CALL pg_temp.refused_exchange(:'leaving');
SELECT pg_temp.acquire(:'another', 1);
CALL pg_temp.refused_exchange(:'leaving', ARRAY[pg_temp.done('b')]);
UPDATE ideamine.workers SET status = 'failed' WHERE worker_id = :'leaving';
CALL pg_temp.refused_exchange(:'leaving', ARRAY[pg_temp.done('b')]);
SELECT * FROM pg_temp.state;

-- It is a sign of life.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '6 minutes' WHERE worker_id = :'worker';
SELECT count(*) FROM ideamine.exchange_jobs(:'worker', NULL, 1);
SELECT last_heartbeat_at > now() - interval '40 seconds' AS heard_of FROM ideamine.workers WHERE worker_id = :'worker';

-- What rolls back has not happened.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b'), pg_temp.acquire(:'worker', 1);
BEGIN;
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('a')]);
ROLLBACK;
SELECT * FROM pg_temp.state;
SELECT * FROM pg_temp.exchange(:'worker', ARRAY[pg_temp.done('a')]);

-- Bad elements are named by their position; then, and for other bad arguments, nothing is done and nothing acquired.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c'), pg_temp.acquire(:'worker', 2);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b', '{"error": "boom"}')]);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b') - 'job_id']);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b') - 'epoch']);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a', '{"job_id": 7}')]);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a', '{"job_id": "seven"}')]);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a', '{"epoch": "1"}')]);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a', '{"tenant_id": ""}')]);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), '7']);
CALL pg_temp.refused('SELECT * FROM ideamine.exchange_jobs(%L, %L)', :'worker', '{}');
CALL pg_temp.refused('SELECT * FROM ideamine.exchange_jobs(%L, %L)', :'worker', '7');
CALL pg_temp.refused('SELECT * FROM ideamine.exchange_jobs(%L, %L)', :'worker', 'null');
SET ideamine.max_batch_size = 1;
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b')]);
RESET ideamine.max_batch_size;
SET ideamine.max_payload_size = '1kB';
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a'), pg_temp.done('b', jsonb_build_object('result', repeat('x', 2000)))]);
RESET ideamine.max_payload_size;
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a')], 0);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a')], -1);
CALL pg_temp.refused_exchange(:'worker', ARRAY[pg_temp.done('a')], 10001);
CALL pg_temp.refused('SELECT * FROM ideamine.exchange_jobs(%L, lease => %L)', :'worker', '999 ms');
CALL pg_temp.refused('SELECT * FROM ideamine.exchange_jobs(%L, lease => %L)', :'worker', '1 day 1 s');
CALL pg_temp.refused('SELECT * FROM ideamine.exchange_jobs(NULL, %L)', jsonb_build_array(pg_temp.done('a'))::text);
CALL pg_temp.refused_exchange('00000000-0000-0000-0000-000000000000', ARRAY[pg_temp.done('a')]);
SELECT * FROM pg_temp.state;

-- Many at once, each exactly once.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg(jsonb_build_object('job_type', 'many', 'payload', i)) FROM generate_series(1, 3000) AS i));
CREATE TABLE pg_temp.held AS SELECT tenant_id, job_id, epoch, payload FROM ideamine.exchange_jobs(:'worker', NULL, 1000);
CREATE TABLE pg_temp.returned AS SELECT * FROM ideamine.exchange_jobs(:'worker',
  (SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch, 'result', payload) ORDER BY random()) FROM pg_temp.held), 1500);
SELECT answer, count(*), count(DISTINCT job_id) AS jobs FROM pg_temp.returned GROUP BY answer ORDER BY answer;
SELECT count(*) FROM pg_temp.held JOIN pg_temp.returned USING (job_id, epoch) WHERE answer = 'ok';
SELECT status, count(*), count(*) FILTER (WHERE result = payload) AS with_its_own_result FROM ideamine.jobs GROUP BY status ORDER BY status;
