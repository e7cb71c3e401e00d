-- on_failure: what becomes of a job when one that it depends on fails or is cancelled. (For cancel alone see jobs_graph.)
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
-- Ends the attempt of a running job of this type.
CREATE FUNCTION pg_temp.complete(type text) RETURNS integer LANGUAGE sql AS
  $$SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = type AND status = 'running'$$;
CREATE FUNCTION pg_temp.fail(type text, error text DEFAULT 'boom') RETURNS ideamine.job_status LANGUAGE sql AS
  $$SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, error, false) f WHERE job_type = type AND j.status = 'running'$$;
CREATE FUNCTION pg_temp.cancel(type text, reason text DEFAULT NULL) RETURNS integer LANGUAGE sql AS
  'SELECT c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id, reason) c WHERE job_type = type';
CREATE FUNCTION pg_temp.acquire(worker uuid) RETURNS SETOF text LANGUAGE sql AS
  'SELECT job_type FROM ideamine.acquire_jobs(worker, 100) ORDER BY 1';
CREATE FUNCTION pg_temp.id(type text) RETURNS uuid LANGUAGE sql AS 'SELECT job_id FROM ideamine.jobs WHERE job_type = type';
CREATE VIEW pg_temp.state AS SELECT job_type, status, open_dependencies AS open, cancel_reason FROM ideamine.jobs;
-- The failures that a job is told of, with the types of the jobs in place of their ids.
CREATE FUNCTION pg_temp.failed(context jsonb) RETURNS jsonb LANGUAGE sql AS
  $$SELECT jsonb_agg(f - 'job_id' || jsonb_build_object('id_is_right', (SELECT j.job_type = f->>'job_type' FROM ideamine.jobs j WHERE j.job_id = (f->>'job_id')::uuid)) ORDER BY f->>'job_type')
    FROM jsonb_array_elements(context->'failed') AS f$$;
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue';

-- Each edge has its own policy: cancel is the default, the option is for all edges of a job, an edge may say otherwise.
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"},
  {"job_type": "default", "depends_on": ["a", {"job": "b"}]},
  {"job_type": "option", "depends_on": ["a", "b"], "on_failure": "run"},
  {"job_type": "mixed", "depends_on": ["a", {"job": "b", "on_failure": "blocked"}], "on_failure": "run"},
  {"job_type": "edges", "depends_on": [{"job": "a", "on_failure": "cancel"}, {"job": "b", "on_failure": "run"}]}]');
SELECT j.job_type, p.job_type AS waits_for, d.on_failure FROM ideamine.job_dependencies d
JOIN ideamine.jobs j ON j.job_id = d.job_id JOIN ideamine.jobs p ON p.job_id = d.depends_on ORDER BY 1, 2;

-- When a fails: cancelled, told of it and still waiting for b, or left alone.
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a', 'no answer');
SELECT * FROM pg_temp.state ORDER BY job_type;
-- When b is completed, those run that waited for it only, and know what failed.
SELECT pg_temp.complete('b');
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY 1;

-- Without a failure there is no context.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"job_type": "b", "depends_on": ["a"], "on_failure": "run"}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a');
SELECT job_type, context FROM ideamine.acquire_jobs(:'worker');

-- The same through create_job(), after a cancellation: its reason is the error.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'a');
SELECT count(*) FROM unnest('{cancel,run,blocked}'::text[]) AS policy,
  ideamine.create_job('acme', policy, depends_on => ARRAY[pg_temp.id('a')], options => jsonb_build_object('on_failure', policy));
SELECT pg_temp.cancel('a', 'changed our minds') AS cancelled;
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);

-- One that stays blocked can be cancelled.
SELECT pg_temp.cancel('blocked') AS cancelled;

-- A job that waits for its time runs then, also after a failure.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'a');
SELECT count(*) FROM ideamine.create_job('acme', 'later', run_at => now() + interval '1 hour', depends_on => ARRAY[pg_temp.id('a')], options => '{"on_failure": "run"}');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a');
SELECT job_type, status, ready_at FROM ideamine.jobs WHERE job_type = 'later';
SELECT ideamine.promote_scheduled_jobs(now() + interval '2 hours');
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker');

-- A failure that will be retried is none yet; used up retries are, lost workers and deadlines too.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a", "max_retries": 1}, {"key": "b", "job_type": "b", "max_retries": 0, "timeout": "1 minute"},
  {"job_type": "after a", "depends_on": ["a"], "on_failure": "run"}, {"job_type": "after b", "depends_on": ["b"], "on_failure": "run"}]');
SELECT ideamine.register_worker('lost') AS lost \gset
SELECT * FROM pg_temp.acquire(:'lost');
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', retry_after => '0') f WHERE job_type = 'a';
SELECT job_type, status FROM ideamine.jobs WHERE job_type = 'after a';
SELECT * FROM pg_temp.acquire(:'lost');
SELECT status FROM ideamine.expire_leases(clock_timestamp() + interval '90 seconds') ORDER BY 1;
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY 1;

-- Chains: what was cancelled takes along what waits for it by cancel, and is a failure for what runs all the same.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "1", "job_type": "1"},
  {"key": "2 cancel", "job_type": "2 cancel", "depends_on": ["1"]},
  {"key": "3 cancel", "job_type": "3 cancel", "depends_on": ["2 cancel"]},
  {"key": "4 run", "job_type": "4 run", "depends_on": ["3 cancel", "2 cancel"], "on_failure": "run"},
  {"key": "5", "job_type": "5", "depends_on": ["4 run"]},
  {"key": "3 blocked", "job_type": "3 blocked", "depends_on": ["2 cancel"], "on_failure": "blocked"},
  {"key": "4 behind", "job_type": "4 behind", "depends_on": ["3 blocked"]}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('1', 'broken');
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.complete('4 run');
SELECT * FROM pg_temp.acquire(:'worker');

-- Two parents fail in one call; one of them is enough to cancel, and both are named.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a", "max_retries": 0}, {"key": "b", "job_type": "b", "max_retries": 0},
  {"job_type": "run", "depends_on": ["a", "b"], "on_failure": "run"},
  {"job_type": "run and cancel", "depends_on": ["a", {"job": "b", "on_failure": "run"}]},
  {"job_type": "run and blocked", "depends_on": [{"job": "a", "on_failure": "blocked"}, {"job": "b", "on_failure": "run"}]}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT status FROM ideamine.expire_leases(clock_timestamp() + interval '1 hour');
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);

-- One after the other: blocked first, then cancel; run first, then cancel; run first, then blocked.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "first", "job_type": "first"}, {"key": "second", "job_type": "second"},
  {"job_type": "blocked, cancel", "depends_on": [{"job": "first", "on_failure": "blocked"}, "second"]},
  {"job_type": "run, cancel", "depends_on": [{"job": "first", "on_failure": "run"}, "second"]},
  {"job_type": "run, blocked", "depends_on": [{"job": "first", "on_failure": "run"}, {"job": "second", "on_failure": "blocked"}]},
  {"job_type": "blocked, run", "depends_on": [{"job": "first", "on_failure": "blocked"}, {"job": "second", "on_failure": "run"}]}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('first');
SELECT * FROM pg_temp.state WHERE job_type LIKE '%,%' ORDER BY job_type;
SELECT pg_temp.fail('second');
SELECT * FROM pg_temp.state WHERE job_type LIKE '%,%' ORDER BY job_type;
SELECT * FROM pg_temp.acquire(:'worker');

-- Parents that have failed or were cancelled before the job is made.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM unnest('{failed,cancelled,waiting}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('failed', 'long ago');
SELECT pg_temp.cancel('cancelled', 'long ago too') AS cancelled;
SELECT count(*) FROM unnest('{cancel,run,blocked}'::text[]) AS policy, ideamine.create_job('acme', policy,
  depends_on => ARRAY[pg_temp.id('failed'), pg_temp.id('cancelled')], options => jsonb_build_object('on_failure', policy));
SELECT count(*) FROM unnest('{cancel,run,blocked}'::text[]) AS policy, ideamine.create_job('acme', policy || ', waits',
  depends_on => ARRAY[pg_temp.id('failed'), pg_temp.id('waiting')], options => jsonb_build_object('on_failure', policy));
SELECT * FROM pg_temp.state WHERE job_type ~ 'cancel$|run|blocked|waits' ORDER BY job_type;
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.complete('waiting');
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);

-- The same in one call with what is cancelled at once, down a chain.
SELECT key, created FROM ideamine.create_jobs('acme', jsonb_build_array(
  jsonb_build_object('key', 'doomed', 'job_type', 'doomed', 'depends_on', jsonb_build_array(pg_temp.id('failed'))),
  '{"key": "doomed too", "job_type": "doomed too", "depends_on": ["doomed"]}'::jsonb,
  '{"key": "blocked behind", "job_type": "blocked behind", "depends_on": [{"job": "doomed", "on_failure": "blocked"}]}'::jsonb,
  '{"key": "runs behind", "job_type": "runs behind", "depends_on": [{"job": "doomed too", "on_failure": "run"}]}'::jsonb));
SELECT * FROM pg_temp.state WHERE job_type ~ 'doomed|behind' ORDER BY job_type;
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);

-- A job that stays blocked goes on when what it waits for gets another chance and succeeds.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"job_type": "before", "depends_on": ["a"], "on_failure": "blocked"}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a');
SELECT count(*) FROM ideamine.create_job('acme', 'after', depends_on => ARRAY[pg_temp.id('a')], options => '{"on_failure": "blocked"}');
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a') AS unblocked;
SELECT * FROM pg_temp.acquire(:'worker');

-- One that runs all the same, but still waits for another, waits again for what gets another chance.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"},
  {"job_type": "c", "depends_on": ["a", "b"], "on_failure": "run"}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a');
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a') AS unblocked;
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT pg_temp.complete('b') AS unblocked;
SELECT job_type, context FROM ideamine.acquire_jobs(:'worker', 10);

-- The same with both at once, and with one that fails again.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"},
  {"job_type": "c", "depends_on": ["a", "b"], "on_failure": "run"}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a');
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT array_agg(answer) FROM ideamine.complete_jobs((SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)) FROM ideamine.jobs WHERE status = 'running'));
SELECT * FROM pg_temp.state ORDER BY job_type;
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"},
  {"job_type": "c", "depends_on": ["a", "b"], "on_failure": "run"}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a', 'once');
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a', 'twice');
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT pg_temp.complete('b') AS unblocked;
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);

-- One that has begun to run all the same is not touched by another chance of what failed.
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a') AS unblocked;
SELECT * FROM pg_temp.state ORDER BY job_type;

-- Neither is one that may run, but waits for its concurrency key.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "holder", "job_type": "holder", "concurrency_key": "k"}, {"key": "a", "job_type": "a"},
  {"job_type": "c", "depends_on": ["a"], "on_failure": "run", "concurrency_key": "k"}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.state WHERE job_type = 'c';
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a') AS unblocked;
SELECT pg_temp.complete('holder');
SELECT job_type, pg_temp.failed(context) AS failed FROM ideamine.acquire_jobs(:'worker', 10);

-- Retention keeps a failure that others wait out, and removes it when nobody does any more.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a"}, {"job_type": "blocked", "depends_on": ["a"], "on_failure": "blocked"}]');
SELECT * FROM pg_temp.acquire(:'worker');
SELECT pg_temp.fail('a');
SELECT ideamine.purge_dead_letters(now() + interval '31 days');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
SELECT * FROM pg_temp.state ORDER BY job_type;
SELECT pg_temp.cancel('blocked');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');

-- Policies and elements that are not known.
CALL pg_temp.forget_jobs();
SELECT job_id AS parent FROM ideamine.create_job('acme', 'a') \gset
CALL pg_temp.refused('SELECT * FROM ideamine.create_job(%L, %L, depends_on => ARRAY[%L::uuid], options => %L)', 'acme', 'x', :'parent', '{"on_failure": "ignore"}');
CALL pg_temp.refused('SELECT * FROM ideamine.create_job(%L, %L, depends_on => ARRAY[%L::uuid], options => %L)', 'acme', 'x', :'parent', '{"on_failure": ["run"]}');
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "depends_on": [{"job": "a", "on_failure": "Run"}]}]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "depends_on": [{"on_failure": "run"}]}]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "depends_on": [{"job": "a", "policy": "run"}]}]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "depends_on": [7]}]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "depends_on": ["a", {"job": "a", "on_failure": "run"}]}]')$$);
-- A cycle is one whatever its policies.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a", "depends_on": ["b"], "on_failure": "run"}, {"key": "b", "job_type": "b", "depends_on": [{"job": "a", "on_failure": "blocked"}]}]')$$);
SELECT count(*) FROM ideamine.jobs;

-- NULL is the default.
SELECT created FROM ideamine.create_job('acme', 'b', depends_on => ARRAY[:'parent']::uuid[], options => '{"on_failure": null}');
SELECT on_failure FROM ideamine.job_dependencies;
