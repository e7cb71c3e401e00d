-- fail_job: retries after a growing delay, and the dead letter queue when they are used up.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
CREATE FUNCTION pg_temp.fail(job text, error text DEFAULT 'boom', retryable boolean DEFAULT NULL, retry_after interval DEFAULT NULL)
RETURNS TABLE (status ideamine.job_status, due boolean, retries_left integer) LANGUAGE sql AS
  'SELECT f.status, f.retry_at <= clock_timestamp(), f.retries_left
   FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, fail.error, fail.retryable, fail.retry_after) f
   WHERE job_type = job';
-- Fails a job as often as it is given out and shows the delay before each retry, without and with the whole jitter.
CREATE FUNCTION pg_temp.fail_through(job text, earliest interval[], latest interval[])
RETURNS TABLE (attempt integer, status ideamine.job_status, within boolean, retries_left integer) LANGUAGE plpgsql AS $$
DECLARE
  worker uuid := (SELECT worker_id FROM ideamine.workers LIMIT 1);
  taken  record;
  failed record;
  delay  interval;
BEGIN
  LOOP
    PERFORM ideamine.promote_scheduled_jobs('infinity');
    SELECT * INTO taken FROM ideamine.acquire_jobs(worker);
    EXIT WHEN NOT FOUND;
    SELECT * INTO failed FROM ideamine.fail_job(taken.tenant_id, taken.job_id, taken.epoch, 'error ' || taken.attempt);
    delay := failed.retry_at - (SELECT ended_at FROM ideamine.job_executions e
                                WHERE e.job_id = taken.job_id AND e.epoch = taken.epoch);
    attempt := taken.attempt;
    status := failed.status;
    within := delay BETWEEN earliest[taken.attempt] AND latest[taken.attempt];
    retries_left := failed.retries_left;
    RETURN NEXT;
  END LOOP;
END
$$;

-- By default the first retry comes after 1 s, each later one after twice as long, with up to 1 s of jitter; after
-- five retries the job is dead. It had six attempts.
SELECT created FROM ideamine.create_job('acme', 'default', '{"n": 1}', 'P1', options => '{"queue": "mail"}');
SELECT * FROM pg_temp.fail_through('default', '{1 s,2 s,4 s,8 s,16 s}', '{2 s,3 s,5 s,9 s,17 s}');
SELECT status, attempt, last_error, finished_at IS NOT NULL AS finished FROM ideamine.jobs;

-- The dead letter has all that is known about the job, and all its attempts, oldest first.
SELECT d.tenant_id, d.job_type, d.queue, d.priority_class, d.payload, d.attempt, d.last_error, d.died_at = j.finished_at AS died_then,
       jsonb_array_length(d.attempts) AS attempts
FROM ideamine.dead_letter_queue d JOIN ideamine.jobs j USING (job_id, tenant_id);
SELECT a -> 'attempt' AS attempt, a ->> 'outcome' AS outcome, a ->> 'error' AS error, a ->> 'worker_id' = :'worker' AS its_worker,
       (a ->> 'ended_at')::timestamptz >= (a ->> 'started_at')::timestamptz AS in_order,
       (a ->> 'epoch')::bigint > lag((a ->> 'epoch')::bigint, 1, 0::bigint) OVER (ORDER BY n) AS epoch_grows
FROM ideamine.dead_letter_queue d, jsonb_array_elements(d.attempts) WITH ORDINALITY AS e (a, n) ORDER BY n;
SELECT attempt, outcome, error FROM ideamine.job_executions ORDER BY epoch;

-- Settings of the job go before those of the platform, and no delay is over the cap, jitter included.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT created FROM ideamine.create_job('acme', 'own', options => '{"retry_base": "10 s", "retry_factor": 5, "retry_cap": "55 s", "max_retries": 3}');
SELECT * FROM pg_temp.fail_through('own', '{10 s,50 s,55 s}', '{20 s,55 s,55 s}');

-- A factor of 1 waits equally long each time; a base of 0 does not wait.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT created FROM ideamine.create_job('acme', 'even', options => '{"retry_base": "100 ms", "retry_factor": 1, "max_retries": 4}');
SELECT * FROM pg_temp.fail_through('even', '{100 ms,100 ms,100 ms,100 ms}', '{200 ms,200 ms,200 ms,200 ms}');
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT created FROM ideamine.create_job('acme', 'at once', options => '{"retry_base": "0", "max_retries": 2}');
SELECT * FROM pg_temp.fail_through('at once', '{0,0}', '{0,0}');

-- A cap of its own may be longer than the platform's, also after very many retries.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT created FROM ideamine.create_job('acme', 'long', options => '{"retry_cap": "365 days", "retry_factor": 100, "max_retries": 1000}');
UPDATE ideamine.jobs SET attempt = 999;
SELECT count(*) FROM ideamine.acquire_jobs(:'worker');
SELECT f.retry_at - j.started_at BETWEEN '365 days' AND '365 days 1 minute' AS at_the_cap, f.retries_left
FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom') f;

-- The platform's are settings.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SET ideamine.retry_base = '100ms';
SET ideamine.retry_factor = 3;
SET ideamine.retry_cap = '350ms';
SET ideamine.max_retries = 2;
SELECT created FROM ideamine.create_job('acme', 'by setting');
SELECT * FROM pg_temp.fail_through('by setting', '{100 ms,300 ms}', '{200 ms,350 ms}');
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SET ideamine.max_retries = 0;
SELECT created FROM ideamine.create_job('acme', 'once');
SELECT * FROM pg_temp.fail_through('once', '{}', '{}');
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
SELECT created FROM ideamine.create_job('acme', 'twice', options => '{"max_retries": 1}');
SELECT * FROM pg_temp.fail_through('twice', '{100 ms}', '{200 ms}');
RESET ideamine.retry_base;
RESET ideamine.retry_factor;
RESET ideamine.retry_cap;
RESET ideamine.max_retries;

-- Jitter spreads the retries of jobs that fail together.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.dead_letter_queue, ideamine.ended_attempts;
SELECT count(*) FROM generate_series(1, 50) AS i, ideamine.create_job('acme', 'job ' || i);
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 50);
SELECT count(*) FROM ideamine.jobs, ideamine.fail_job(tenant_id, job_id, epoch, 'boom');
SELECT max(delay) - min(delay) > '500 ms' AS spread, min(delay) >= '1 s' AND max(delay) <= '2 s' AS within
FROM (SELECT j.run_at - e.ended_at AS delay FROM ideamine.jobs j JOIN ideamine.job_executions e USING (job_id)) AS retry;

-- Until then the job is pending but not ready, and nobody gets it.
SELECT status, count(*), count(ready_at) AS ready FROM ideamine.jobs GROUP BY status;
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 50);
SELECT ideamine.promote_scheduled_jobs(now() + interval '10 s');
SELECT attempt, count(*) FROM ideamine.acquire_jobs(:'worker', 50) GROUP BY attempt;

-- Not retryable: dead at once, whatever is left.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.dead_letter_queue, ideamine.ended_attempts;
SELECT count(*) FROM unnest('{hopeless,patient,impatient,stubborn}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT * FROM pg_temp.fail('hopeless', 'no such model', retryable => false, retry_after => '1 s');
SELECT job_type, last_error, attempt FROM ideamine.dead_letter_queue;

-- What the provider asked for is used instead of the computed delay, jitter and cap; 0 is at once.
SELECT * FROM pg_temp.fail('patient', 'slow down', retry_after => '3 hours');
SELECT j.run_at - e.ended_at AS delay, j.ready_at FROM ideamine.jobs j JOIN ideamine.job_executions e USING (job_id) WHERE j.job_type = 'patient';
SELECT * FROM pg_temp.fail('impatient', retry_after => '0');
SELECT * FROM pg_temp.fail('stubborn', retry_after => '365 days');
SELECT job_type, attempt FROM ideamine.acquire_jobs(:'worker', 10);

-- With the retries used up it does not help.
UPDATE ideamine.jobs SET attempt = 6 WHERE job_type = 'impatient';
SELECT * FROM pg_temp.fail('impatient', retry_after => '1 s');

-- An error is kept up to 16 kB, whole characters of it.
SELECT created FROM ideamine.create_job('acme', 'talkative');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker');
SELECT * FROM pg_temp.fail('talkative', 'x' || repeat('é', 10000), false);
SELECT octet_length(j.last_error), 'x' || repeat('é', 10000) LIKE j.last_error || '%' AS its_beginning,
       e.error = j.last_error AS in_history, d.last_error = j.last_error AS in_letter
FROM ideamine.jobs j JOIN ideamine.job_executions e USING (job_id) JOIN ideamine.dead_letter_queue d USING (job_id)
WHERE j.job_type = 'talkative';

-- The lease has to be live.
SELECT job_id AS job FROM ideamine.create_job('acme', 'stale') \gset
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, 0, %L)', 'acme', :'job', 'boom');
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, %s - 1, %L)', 'acme', :'job', :'epoch', 'boom');
SELECT status FROM ideamine.fail_job('acme', :'job', :epoch, 'boom');
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, %s, %L)', 'acme', :'job', :'epoch', 'boom');
SELECT attempt, status FROM ideamine.jobs WHERE job_type = 'stale';

-- A failure that rolls back leaves the lease live.
SELECT ideamine.promote_scheduled_jobs('infinity') > 0 AS promoted;
SELECT epoch FROM ideamine.acquire_jobs(:'worker', 10) WHERE job_id = :'job' \gset
BEGIN;
SELECT status FROM ideamine.fail_job('acme', :'job', :epoch, 'boom', false);
ROLLBACK;
SELECT count(*) AS letters FROM ideamine.dead_letter_queue WHERE job_id = :'job';
SELECT ideamine.complete_job('acme', :'job', :epoch);

-- Unknown jobs and missing or invalid arguments.
SELECT job_id AS job FROM ideamine.create_job('acme', 'args') \gset
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
CALL pg_temp.refused($$SELECT * FROM ideamine.fail_job('acme', '00000000-0000-0000-0000-000000000000', 1, 'boom')$$);
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, %s, %L)', 'globex', :'job', :'epoch', 'boom');
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, NULL, %s, %L)', 'acme', :'epoch', 'boom');
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, NULL, %L)', 'acme', :'job', 'boom');
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, %s, NULL)', 'acme', :'job', :'epoch');
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, %s, %L, retry_after => %L)', 'acme', :'job', :'epoch', 'boom', '-1 s');
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, %s, %L, retry_after => %L)', 'acme', :'job', :'epoch', 'boom', '366 days');
SELECT status FROM ideamine.jobs WHERE job_type = 'args';
