-- next_work_at and wait_for_jobs: when there may be work for a worker, and waiting for it where that may end the transaction.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql


SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
CREATE FUNCTION pg_temp.make(types text, options jsonb DEFAULT '{}', tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM ideamine.create_jobs(tenant, (SELECT jsonb_agg(options || jsonb_build_object('job_type', type) ORDER BY i)
    FROM regexp_split_to_table(types, ' ') WITH ORDINALITY AS t (type, i)))$$;
CREATE FUNCTION pg_temp.acquire(worker uuid, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM ideamine.acquire_jobs(worker, jobs)';
CREATE FUNCTION pg_temp.complete(type text) RETURNS integer LANGUAGE sql AS
  $$SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = type AND status = 'running'$$;
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices';
-- Waits that would be long, and that have to return at once, are cut short: then this test fails.
SET statement_timeout = '60s';

-- next_work_at: -infinity if there may be work now.
SELECT ideamine.next_work_at(:'worker');
SELECT pg_temp.make('a');
SELECT ideamine.next_work_at(:'worker');
SELECT pg_temp.acquire(:'worker'), ideamine.next_work_at(:'worker');
-- Or when the next scheduled job comes due.
SELECT count(*) FROM unnest('{2999-12-31 12:00:00+00,2500-01-01 12:00:00+00,2999-01-01 12:00:00+00}'::timestamptz[]) AS t, ideamine.create_job('acme', 'later', run_at => t);
SELECT ideamine.next_work_at(:'worker') = '2500-01-01 12:00:00+00' AS the_next;
SELECT pg_temp.make('b');
SELECT ideamine.next_work_at(:'worker');
-- One that has come due is work, whether or not anybody has noticed.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'due', run_at => now() + interval '1 hour');
UPDATE ideamine.jobs SET run_at = now() - interval '1 minute';
SELECT ideamine.next_work_at(:'worker') <= now() AS now;
-- What the worker can not do, or may not, is no work for it: other capabilities, other tenants.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('picky', '{gpu,arm}', tenants => '{acme}') AS picky \gset
SELECT pg_temp.make('tpu', '{"required_capabilities": ["gpu", "tpu"]}'), pg_temp.make('theirs', tenant => 'globex');
SELECT ideamine.next_work_at(:'picky'), ideamine.next_work_at(:'worker');
SELECT pg_temp.make('gpu', '{"required_capabilities": ["gpu"], "priority_class": "P3"}');
SELECT ideamine.next_work_at(:'picky'), pg_temp.acquire(:'picky'), ideamine.next_work_at(:'picky');
-- Nor what is blocked or paused.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"job_type": "b", "depends_on": ["a"]}]');
SELECT pg_temp.acquire(:'worker'), ideamine.next_work_at(:'worker');
SELECT pg_temp.complete('a');
SELECT ideamine.next_work_at(:'worker');
SELECT ideamine.pause_queue('acme');
SELECT ideamine.next_work_at(:'worker');
SELECT ideamine.resume_queue('acme');
SELECT ideamine.next_work_at(:'worker');
-- Nor a second vote for the same job.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('answer', '{"quorum": {"votes": 3, "agree": 2}}'), pg_temp.acquire(:'worker');
SELECT ideamine.next_work_at(:'worker'), ideamine.next_work_at(:'picky');
-- A worker that takes no more jobs has none to wait for: it is full, or drains.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('small', capacity => 1) AS small \gset
SELECT pg_temp.make('a b');
SELECT ideamine.next_work_at(:'small'), pg_temp.acquire(:'small'), ideamine.next_work_at(:'small');
SELECT pg_temp.complete('a');
SELECT ideamine.next_work_at(:'small');
SELECT ideamine.drain_worker(:'small');
SELECT ideamine.next_work_at(:'small'), ideamine.next_work_at(:'worker');
-- It takes nothing.
SELECT job_type, status FROM ideamine.jobs ORDER BY job_id;
-- It is a sign of life.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '6 minutes';
SELECT ideamine.next_work_at(:'worker');
SELECT last_heartbeat_at > now() - interval '40 seconds' AS heard_of FROM ideamine.workers WHERE worker_id = :'worker';
-- Unknown and ended workers, missing arguments.
SELECT ideamine.terminate_worker(:'small');
CALL pg_temp.refused('SELECT ideamine.next_work_at(%L)', :'small');
UPDATE ideamine.workers SET status = 'failed' WHERE worker_id = :'small';
CALL pg_temp.refused('SELECT ideamine.next_work_at(%L)', :'small');
CALL pg_temp.refused($$SELECT ideamine.next_work_at('00000000-0000-0000-0000-000000000000')$$);
CALL pg_temp.refused('SELECT ideamine.next_work_at(NULL)');

-- wait_for_jobs: with work there it returns at once, however long it may wait, and takes nothing.
CALL ideamine.wait_for_jobs(:'worker', '24 hours');
CALL ideamine.wait_for_jobs(:'worker');
CALL ideamine.wait_for_jobs(worker_id => :'worker', timeout => '1 hour');
SELECT pg_temp.acquire(:'worker');
-- With a timeout of 0 it only looks.
CALL ideamine.wait_for_jobs(:'worker', '0');
-- Without work it returns when the timeout is over, no sooner.
SELECT clock_timestamp() AS before \gset
CALL ideamine.wait_for_jobs(:'worker', '200 ms');
SELECT clock_timestamp() - :'before' >= '200 ms' AS waited;
-- A job that comes due meanwhile ends the wait.
SELECT count(*) FROM ideamine.create_job('acme', 'soon', run_at => clock_timestamp() + interval '300 ms');
CALL ideamine.wait_for_jobs(:'worker', '24 hours');
SELECT run_at <= clock_timestamp() AS due FROM ideamine.jobs WHERE job_type = 'soon';
SELECT pg_temp.acquire(:'worker');
-- So does one that has come due before.
SELECT count(*) FROM ideamine.create_job('acme', 'due', run_at => now() + interval '1 hour');
UPDATE ideamine.jobs SET run_at = now() - interval '1 minute' WHERE job_type = 'due';
CALL ideamine.wait_for_jobs(:'worker', '24 hours');
SELECT pg_temp.acquire(:'worker');
-- It is a sign of life.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '6 minutes';
CALL ideamine.wait_for_jobs(:'worker', '0');
SELECT last_heartbeat_at > now() - interval '40 seconds' AS heard_of FROM ideamine.workers WHERE worker_id = :'worker';
-- A draining worker waits for its timeout, and is not refused.
SELECT ideamine.register_worker('leaving') AS leaving \gset
SELECT pg_temp.make('more'), ideamine.drain_worker(:'leaving');
CALL ideamine.wait_for_jobs(:'leaving', '0');

-- By procedures and DO blocks that may commit it can be called, also more than once.
CREATE PROCEDURE pg_temp.wait_twice(worker uuid) LANGUAGE plpgsql AS $$
BEGIN
  CALL ideamine.wait_for_jobs(worker, '24 hours');
  CALL ideamine.wait_for_jobs(worker, '0');
END
$$;
CALL pg_temp.wait_twice(:'worker');
DO $$
DECLARE
  worker uuid := (SELECT worker_id FROM ideamine.workers WHERE worker_type = 'test');
BEGIN
  CALL ideamine.wait_for_jobs(worker, '0');
END
$$;

-- Where it may not commit it says so, with work there or not: in a transaction block.
\set SHOW_CONTEXT never
BEGIN;
CALL ideamine.wait_for_jobs(:'worker', '0');
\echo :SQLSTATE
ROLLBACK;
BEGIN;
CALL ideamine.wait_for_jobs(:'leaving', '24 hours');
\echo :SQLSTATE
ROLLBACK;
-- In a function.
CREATE FUNCTION pg_temp.wait(worker uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CALL ideamine.wait_for_jobs(worker, '0');
END
$$;
CALL pg_temp.refused('SELECT pg_temp.wait(%L)', :'worker');
-- In a procedure that has a setting of its own, or somebody else's rights.
ALTER PROCEDURE pg_temp.wait_twice SET search_path = pg_catalog;
CALL pg_temp.wait_twice(:'worker');
\echo :SQLSTATE
ALTER PROCEDURE pg_temp.wait_twice RESET search_path;
ALTER PROCEDURE pg_temp.wait_twice SECURITY DEFINER;
CALL pg_temp.wait_twice(:'worker');
\echo :SQLSTATE
-- In a block that catches errors.
DO $$
DECLARE
  worker uuid := (SELECT worker_id FROM ideamine.workers WHERE worker_type = 'test');
BEGIN
  CALL ideamine.wait_for_jobs(worker, '0');
EXCEPTION WHEN division_by_zero THEN
  NULL;
END
$$;
\echo :SQLSTATE
-- The session goes on afterwards.
CALL ideamine.wait_for_jobs(:'worker', '0');
SELECT pg_temp.acquire(:'worker');

-- Bad timeouts, unknown and ended workers.
CALL pg_temp.refused('CALL ideamine.wait_for_jobs(%L, %L)', :'worker', '-1 ms');
CALL pg_temp.refused('CALL ideamine.wait_for_jobs(%L, %L)', :'worker', '24 hours 1 ms');
CALL pg_temp.refused('CALL ideamine.wait_for_jobs(%L, %L)', :'worker', '178000000 years');
CALL pg_temp.refused('CALL ideamine.wait_for_jobs(%L, NULL)', :'worker');
CALL pg_temp.refused('CALL ideamine.wait_for_jobs(NULL)');
CALL ideamine.wait_for_jobs('00000000-0000-0000-0000-000000000000', '0');
\echo :SQLSTATE
UPDATE ideamine.workers SET worker_id = '00000000-0000-7000-8000-000000000001', status = 'terminated', ended_at = now() WHERE worker_id = :'leaving';
CALL ideamine.wait_for_jobs('00000000-0000-7000-8000-000000000001', '24 hours');
\echo :SQLSTATE
UPDATE ideamine.workers SET status = 'failed' WHERE worker_id = '00000000-0000-7000-8000-000000000001';
CALL ideamine.wait_for_jobs('00000000-0000-7000-8000-000000000001', '0');
\echo :SQLSTATE

-- Workers may wait, others not.
SET ROLE ideamine_worker;
CALL ideamine.wait_for_jobs(:'worker', '0');
SET ROLE ideamine_reader;
CALL ideamine.wait_for_jobs(:'worker', '0');
RESET ROLE;
