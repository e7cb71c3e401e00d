-- retry_dead_letters: dead jobs get another chance, all or those that are asked for.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql


SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
-- Makes jobs of these types, in this order, with these options.
CREATE FUNCTION pg_temp.make(types text, options jsonb DEFAULT '{}', tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM ideamine.create_jobs(tenant, (SELECT jsonb_agg(options || jsonb_build_object('job_type', type) ORDER BY i)
    FROM regexp_split_to_table(types, ' ') WITH ORDINALITY AS t (type, i)))$$;
CREATE FUNCTION pg_temp.acquire(worker uuid, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM ideamine.acquire_jobs(worker, jobs)';
CREATE FUNCTION pg_temp.complete(type text, result jsonb DEFAULT NULL) RETURNS integer LANGUAGE sql AS
  $$SELECT ideamine.complete_job(tenant_id, job_id, epoch, $2) FROM ideamine.jobs WHERE job_type = type AND status = 'running'$$;
CREATE FUNCTION pg_temp.fail(type text, error text DEFAULT 'boom', again boolean DEFAULT false, retry_after interval DEFAULT NULL) RETURNS ideamine.job_status LANGUAGE sql AS
  $$SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, $2, again, retry_after) f WHERE job_type = type AND j.status = 'running'$$;
-- Makes dead letters of these types, that died one after the other.
CREATE FUNCTION pg_temp.dead(types text, options jsonb DEFAULT '{}', tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  type text;
BEGIN
  PERFORM pg_temp.make(types, options, tenant);
  PERFORM pg_temp.acquire((SELECT worker_id FROM ideamine.workers WHERE worker_type = 'test'));
  FOREACH type IN ARRAY string_to_array(types, ' ') LOOP
    PERFORM pg_temp.fail(type);
    UPDATE ideamine.dead_letter_queue SET died_at = clock_timestamp() WHERE job_type = type;
  END LOOP;
  RETURN (SELECT count(*) FROM ideamine.dead_letter_queue);
END
$$;
-- Retries, and says which jobs these were.
CREATE FUNCTION pg_temp.retry(filter jsonb DEFAULT NULL, tenant text DEFAULT 'acme') RETURNS text[] LANGUAGE sql AS
  $$SELECT array_agg(j.job_type ORDER BY j.job_type) FROM ideamine.retry_dead_letters(tenant, filter) r LEFT JOIN ideamine.jobs j USING (job_id)$$;
CREATE FUNCTION pg_temp.letters() RETURNS text[] LANGUAGE sql AS 'SELECT array_agg(job_type ORDER BY died_at) FROM ideamine.dead_letter_queue';
CREATE FUNCTION pg_temp.id(type text) RETURNS uuid LANGUAGE sql AS 'SELECT job_id FROM ideamine.jobs WHERE job_type = type';
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices';

-- A dead job is runnable at once, with all its retries; its letter is gone. Its history stays.
SELECT count(*) FROM ideamine.create_job('acme', 'unlucky', '{"n": 1}', 'P1', options => '{"queue": "mail", "max_retries": 2, "timeout": "1 hour"}');
SELECT pg_temp.acquire(:'worker'), pg_temp.fail('unlucky', 'one', true, '0'), pg_temp.acquire(:'worker'), pg_temp.fail('unlucky', 'two', true, '0'),
       pg_temp.acquire(:'worker'), pg_temp.fail('unlucky', 'three', true, '0');
SELECT pg_temp.letters();
SELECT job_id AS job, epoch AS last_epoch FROM ideamine.jobs \gset
SELECT job_id = :'job' AS the_job FROM ideamine.retry_dead_letters('acme');
SELECT status, attempt, finished_at, ready_at IS NOT NULL AS ready, run_at <= now() AS due, priority_class, queue, payload, timeout FROM ideamine.jobs;
SELECT count(*) FROM ideamine.dead_letter_queue;
SELECT attempt, outcome, error FROM ideamine.job_executions ORDER BY epoch;
SELECT position, job_type FROM ideamine.get_runnable_jobs('acme');
-- Its epochs go on: a lease of its former life stays stale.
SELECT job_type, attempt, epoch > :last_epoch AS epoch_grew, payload FROM ideamine.acquire_jobs(:'worker');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'acme', :'job', :'last_epoch');
-- Its attempts are counted anew.
SELECT f.status, f.retries_left FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'four', retry_after => '0') f;
SELECT pg_temp.acquire(:'worker'), pg_temp.fail('unlucky', 'five', true, '0'), pg_temp.acquire(:'worker'), pg_temp.fail('unlucky', 'six', true, '0');
-- When it dies again there is one letter, with all attempts of both lives.
SELECT job_type, attempt, last_error, (SELECT array_agg(a->>'error' ORDER BY n) FROM jsonb_array_elements(attempts) WITH ORDINALITY AS e (a, n)) AS errors
FROM ideamine.dead_letter_queue;
-- And it may succeed the next time.
SELECT pg_temp.retry(), pg_temp.acquire(:'worker'), pg_temp.complete('unlucky', '"at last"');
SELECT status, attempt, result FROM ideamine.get_job('acme', :'job');
SELECT count(*) FROM ideamine.dead_letter_queue;
-- A second call finds nothing to do.
SELECT pg_temp.retry();
SELECT status, result FROM ideamine.jobs;

-- Whatever killed it: a worker that fell silent, or a deadline.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('lost late', '{"max_retries": 0, "timeout": "10 s"}'), pg_temp.acquire(:'worker', 1);
SELECT status FROM ideamine.expire_leases(clock_timestamp() + interval '5 minutes');
SELECT pg_temp.acquire(:'worker', 1), pg_temp.letters();
UPDATE ideamine.jobs SET lease = '1 day' WHERE status = 'running';
SELECT status FROM ideamine.expire_leases(clock_timestamp() + interval '1 minute');
SELECT pg_temp.letters(), pg_temp.retry(), pg_temp.acquire(:'worker');

-- All letters of the tenant, and of no other; NULL means the tenant of the setting.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a b c'), pg_temp.dead('theirs', tenant => 'globex');
SELECT pg_temp.retry();
SELECT pg_temp.letters();
SET ideamine.tenant_id = 'globex';
SELECT pg_temp.retry(tenant => NULL);
RESET ideamine.tenant_id;
SELECT pg_temp.letters();

-- Filters: which jobs. Ids that are unknown, not dead or of other tenants are passed over.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a b c'), pg_temp.dead('theirs', tenant => 'globex'), pg_temp.make('alive');
SELECT pg_temp.retry(jsonb_build_object('job_ids', ARRAY[pg_temp.id('c'), pg_temp.id('a')]));
SELECT pg_temp.retry(jsonb_build_object('job_ids', ARRAY[pg_temp.id('c'), pg_temp.id('theirs'), pg_temp.id('alive'), '00000000-0000-0000-0000-000000000000']));
SELECT pg_temp.retry('{"job_ids": []}');
SELECT pg_temp.letters();
-- The type, the queue, the class.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a1 a2'), pg_temp.dead('b1 b2', '{"queue": "mail"}'), pg_temp.dead('c1 c2', '{"priority_class": "P0"}');
SELECT pg_temp.retry('{"job_type": "a1"}');
SELECT pg_temp.retry('{"job_type": "a"}');
SELECT pg_temp.retry('{"queue": "mail"}');
SELECT pg_temp.retry('{"queue": "unheard of"}');
SELECT pg_temp.retry('{"priority_class": "P1"}');
SELECT pg_temp.retry('{"priority_class": "P0"}');
SELECT pg_temp.letters();
-- A class also by the numbers of older applications, as in create_jobs().
SELECT pg_temp.retry('{"priority_class": 5}'), pg_temp.retry('{"priority_class": 2}'), pg_temp.letters();
-- When they died: from one time on, and before another.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a b c d');
UPDATE ideamine.dead_letter_queue SET died_at = '2026-01-01 12:00:00+00'::timestamptz + (ascii(job_type) - ascii('a')) * interval '1 day';
SELECT pg_temp.retry('{"died_after": "2026-01-03T18:00:00Z"}');
SELECT pg_temp.retry('{"died_before": "2026-01-01T18:00:00Z"}');
SELECT pg_temp.retry('{"died_after": "2026-01-02T18:00:00Z", "died_before": "2026-01-03T06:00:00Z"}');
SELECT pg_temp.retry('{"died_after": "2026-01-02T18:00:00+02:00", "died_before": "2026-01-03T20:00:00+02:00"}');
SELECT pg_temp.letters();
-- At most so many, those that died first.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('d c b a');
SELECT pg_temp.retry('{"limit": 1}');
SELECT pg_temp.retry('{"limit": 2}');
SELECT pg_temp.letters();
SELECT pg_temp.retry('{"limit": 1000000}');
-- By default 10000.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg('{"job_type": "many"}'::jsonb) FROM generate_series(1, 10002)));
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10000);
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10000);
SELECT count(f.status) FROM ideamine.jobs, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f;
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
-- Several conditions have to hold together; null means that none is given, as does an empty filter.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a b', '{"queue": "mail"}'), pg_temp.dead('c');
SELECT pg_temp.retry('{"job_type": "c", "queue": "mail"}');
SELECT pg_temp.retry('{"job_type": "a", "queue": "mail", "priority_class": "P2", "limit": 5}');
SELECT pg_temp.retry('{"job_type": null, "limit": null, "job_ids": null, "died_after": null, "queue": "mail"}');
SELECT pg_temp.retry('{}');

-- Jobs that were cancelled because it died stay so; what is made to wait for it anew waits.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"job_type": "cancelled", "depends_on": ["a"]}]');
SELECT pg_temp.acquire(:'worker'), pg_temp.fail('a'), pg_temp.retry();
SELECT count(*) FROM ideamine.create_job('acme', 'waits', depends_on => ARRAY[pg_temp.id('a')]);
SELECT job_type, status FROM ideamine.jobs ORDER BY job_id;
SELECT pg_temp.acquire(:'worker'), pg_temp.complete('a') AS unblocked, pg_temp.acquire(:'worker');

-- What a job had at its death it keeps: its class, its needs, its key, its limits, and what it was told of others.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('able', '{gpu}') AS able \gset
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"job_type": "keeps", "depends_on": ["a"], "on_failure": "run",
  "priority_class": "P0", "required_capabilities": ["gpu"], "concurrency_key": "k", "max_retries": 0, "phase": "x"}]');
SELECT pg_temp.acquire(:'worker'), pg_temp.fail('a'), pg_temp.acquire(:'able'), pg_temp.fail('keeps', 'boom', true);
SELECT pg_temp.retry('{"job_type": "keeps"}');
SELECT pg_temp.acquire(:'worker');
SELECT job_type, context->'failed'->0->>'job_type' AS failed FROM ideamine.acquire_jobs(:'able');
SELECT priority_class, required_capabilities, concurrency_key, max_retries, phase FROM ideamine.jobs WHERE job_type = 'keeps';

-- Retention keeps the job as long as its letter.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a'), pg_temp.dead('b');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
SELECT pg_temp.retry('{"job_type": "a"}');
SELECT ideamine.purge_dead_letters(now() + interval '31 days');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
SELECT job_type, status FROM ideamine.jobs;
-- With the votes on it, which are cast anew.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'voted', options => '{"quorum": {"votes": 2, "agree": 2}, "max_retries": 0}');
SELECT pg_temp.acquire(:'worker'), pg_temp.fail('voted');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT count(*) FILTER (WHERE quorum_of IS NULL) AS jobs, count(quorum_of) FILTER (WHERE status = 'pending') AS votes FROM ideamine.jobs;
-- A letter whose job was removed by hand stays: there is nothing to run.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a');
DELETE FROM ideamine.jobs;
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT pg_temp.letters();
-- A letter that retention has removed is gone, and its job stays dead.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a');
SELECT ideamine.purge_dead_letters(now() + interval '31 days'), pg_temp.retry();
SELECT status FROM ideamine.jobs;

-- In a paused queue it waits; one that is retried can be cancelled.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a b', '{"queue": "mail"}'), ideamine.pause_queue('acme', 'mail'), pg_temp.retry();
SELECT c.status, c.cancelled FROM ideamine.cancel_job('acme', pg_temp.id('a')) c;
SELECT pg_temp.acquire(:'worker'), ideamine.resume_queue('acme', 'mail'), pg_temp.acquire(:'worker');

-- A call that rolls back has done nothing.
CALL pg_temp.forget_jobs();
SELECT pg_temp.dead('a');
BEGIN;
SELECT pg_temp.retry(), pg_temp.acquire(:'worker');
ROLLBACK;
SELECT pg_temp.letters(), pg_temp.acquire(:'worker');
SELECT status FROM ideamine.jobs;

-- Unknown tenants, unknown keys, invalid values: nothing is done.
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('nobody')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '[]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', 'null')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '"a"')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"type": "a"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"job_ids": "a"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"job_ids": ["a"]}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"job_ids": [null]}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"job_type": 1}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"queue": ["a"]}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"priority_class": "P4"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"priority_class": 6}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"died_after": "yesterweek"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"died_before": "2026-13-01"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"died_before": 0}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"limit": 0}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"limit": -1}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"limit": 1000001}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"limit": 1.5}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"limit": "1"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.retry_dead_letters('acme', '{"limit": 1e300}')$$);
SELECT pg_temp.letters();
