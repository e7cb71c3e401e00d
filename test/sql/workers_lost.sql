-- Lost workers, expired leases and deadlines. Each duty takes the time to judge by.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('silent') AS silent \gset
SELECT ideamine.register_worker('alive') AS alive \gset
SELECT ideamine.register_worker('idle') AS idle \gset
SELECT count(*) FROM unnest('{a,b}'::text[]) AS type, ideamine.create_job('acme', type, options => '{"retry_base": "1 hour"}');
SELECT count(*) FROM ideamine.create_job('globex', 'last try', '{"n": 1}', options => '{"max_retries": 0}');
SELECT job_id AS last_try FROM ideamine.jobs WHERE job_type = 'last try' \gset
SELECT count(*) FROM ideamine.create_job('globex', 'behind', depends_on => ARRAY[:'last_try']::uuid[]);
SELECT count(*) FROM ideamine.acquire_jobs(:'silent', 3);
SELECT count(*) FROM ideamine.create_job('acme', 'c');
SELECT count(*) FROM ideamine.acquire_jobs(:'alive');

-- Nobody is given up before ideamine.worker_timeout, 60 s.
SELECT * FROM ideamine.mark_stale_workers();
SELECT * FROM ideamine.mark_stale_workers(now() + interval '50 s');
SELECT status, count(*) FROM ideamine.workers GROUP BY status;

-- After it: failed, with or without jobs. Jobs are requeued at once, those with their retries used up are dead.
UPDATE ideamine.workers SET last_heartbeat_at = now() + interval '1 minute' WHERE worker_id = :'alive';
SELECT w.worker_type, s.jobs_requeued, s.jobs_dead
FROM ideamine.mark_stale_workers(now() + interval '61 s') s JOIN ideamine.workers w USING (worker_id) ORDER BY w.worker_type;
SELECT worker_type, status, ended_at IS NOT NULL AS ended FROM ideamine.workers ORDER BY worker_type;
SELECT job_type, status, attempt, ready_at IS NOT NULL AS ready, cancel_reason FROM ideamine.jobs ORDER BY job_type;
SELECT j.job_type, e.outcome, e.attempt, e.worker_id = :'silent' AS its_worker
FROM ideamine.job_executions e JOIN ideamine.jobs j USING (job_id) ORDER BY j.job_type;
SELECT d.tenant_id, d.job_type, d.payload, d.attempt, d.attempts -> 0 ->> 'outcome' AS outcome, d.last_error IS NOT NULL AS has_error
FROM ideamine.dead_letter_queue d;

-- Given up once; its jobs go to others, as a further attempt. When it comes back it is told, and its results are refused.
SELECT * FROM ideamine.mark_stale_workers(now() + interval '61 s');
SELECT epoch AS old_epoch, job_id AS a FROM ideamine.jobs WHERE job_type = 'a' \gset
SELECT job_type, attempt FROM ideamine.acquire_jobs(:'alive', 10);
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(%L)', :'silent');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L)', :'silent');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'acme', :'a', :'old_epoch');

-- The timeout is a setting.
SET ideamine.worker_timeout = '1h';
SELECT * FROM ideamine.mark_stale_workers(now() + interval '50 minutes');
SELECT jobs_requeued FROM ideamine.mark_stale_workers(now() + interval '62 minutes');
RESET ideamine.worker_timeout;

-- Draining and degraded workers are given up too, terminated ones have nothing to lose.
TRUNCATE ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT count(*) FROM unnest(enum_range(NULL::ideamine.worker_status)::text[]) AS status, ideamine.register_worker(status);
UPDATE ideamine.workers SET status = worker_type::ideamine.worker_status;
SELECT w.worker_type FROM ideamine.mark_stale_workers(now() + interval '1 hour') JOIN ideamine.workers w USING (worker_id) ORDER BY 1;

-- Nobody is silent by the beginning of time.
SELECT ideamine.register_worker('fresh') AS fresh \gset
SELECT * FROM ideamine.mark_stale_workers('-infinity');
SELECT count(*) FROM ideamine.mark_stale_workers('infinity');

-- Attempts that are lost count against the retries: three tries with max_retries 2.
TRUNCATE ideamine.workers;
SELECT count(*) FROM ideamine.create_job('acme', 'unlucky', options => '{"max_retries": 2}');
CREATE FUNCTION pg_temp.lose() RETURNS TABLE (requeued integer, dead integer) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ideamine.acquire_jobs(ideamine.register_worker('doomed'));
  RETURN QUERY SELECT jobs_requeued, jobs_dead FROM ideamine.mark_stale_workers(now() + interval '2 minutes');
END
$$;
SELECT * FROM pg_temp.lose();
SELECT * FROM pg_temp.lose();
SELECT * FROM pg_temp.lose();
SELECT status, attempt FROM ideamine.jobs;
SELECT attempt, jsonb_array_length(attempts) AS attempts FROM ideamine.dead_letter_queue;

-- Leases: one that ran out without a heartbeat is taken back, requeued at once, and its worker told, once.
TRUNCATE ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT ideamine.register_worker('slow') AS slow \gset
SELECT count(*) FROM unnest('{a,b}'::text[]) AS type, ideamine.create_job('acme', type, options => '{"retry_base": "1 hour"}');
SELECT job_type FROM ideamine.acquire_jobs(:'slow', lease => '10 min');
SELECT job_type FROM ideamine.acquire_jobs(:'slow', lease => '20 min');
SELECT * FROM ideamine.expire_leases();
SELECT * FROM ideamine.expire_leases('-infinity');
SELECT * FROM ideamine.expire_leases(now() + interval '5 minutes');
SELECT e.tenant_id, j.job_type, e.epoch = j.epoch AS its_epoch, e.worker_id = :'slow' AS its_worker, e.status
FROM ideamine.expire_leases(now() + interval '15 minutes') e JOIN ideamine.jobs j USING (job_id);
SELECT job_type, status, attempt, ready_at IS NOT NULL AS ready FROM ideamine.jobs ORDER BY job_type;
SELECT outcome, attempt, error IS NOT NULL AS has_error FROM ideamine.job_executions;
SELECT h.tenant_id, j.job_type, h.epoch = j.epoch AS its_epoch, h.reason FROM ideamine.heartbeat(:'slow') h JOIN ideamine.jobs j USING (job_id);
SELECT * FROM ideamine.heartbeat(:'slow');

-- The worker itself lives on and may take the job again.
SELECT job_type, attempt FROM ideamine.acquire_jobs(:'slow');

-- A deadline holds whatever the heartbeats say. Past it the attempt has failed: it is retried after a delay.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;
SELECT count(*) FROM ideamine.create_job('acme', 'endless', options => '{"timeout": "1 hour", "retry_base": "1 hour", "retry_cap": "1 day"}');
SELECT deadline - lease_expires_at AS lease_left FROM ideamine.acquire_jobs(:'slow', lease => '30 min');
UPDATE ideamine.workers SET last_heartbeat_at = now() + interval '55 minutes';
SELECT status FROM ideamine.expire_leases(now() + interval '50 minutes');
SELECT status FROM ideamine.expire_leases(now() + interval '65 minutes');
SELECT j.status, j.attempt, j.run_at - e.ended_at BETWEEN '1 hour' AND '2 hours' AS after_a_delay, e.outcome, j.ready_at
FROM ideamine.jobs j JOIN ideamine.job_executions e USING (job_id);
SELECT h.reason FROM ideamine.heartbeat(:'slow') h;

-- Past both, it is the deadline that counts.
UPDATE ideamine.jobs SET run_at = now();
SELECT ideamine.promote_scheduled_jobs();
UPDATE ideamine.workers SET last_heartbeat_at = now();
SELECT attempt FROM ideamine.acquire_jobs(:'slow', lease => '10 min');
SELECT status FROM ideamine.expire_leases(now() + interval '2 hours');
SELECT outcome, attempt FROM ideamine.job_executions ORDER BY epoch;

-- With the retries used up: the dead letter queue, for both reasons, and what waits for the job is cancelled.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;
TRUNCATE ideamine_internal.stop_notices;
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "lost", "job_type": "lost", "max_retries": 0}, {"key": "late", "job_type": "late", "max_retries": 0, "timeout": "1 s"},
  {"key": "x", "job_type": "x", "depends_on": ["lost"]}, {"key": "y", "job_type": "y", "depends_on": ["x", "late"]}]');
SELECT count(*) FROM ideamine.acquire_jobs(:'slow', 2);
SELECT j.job_type, e.status FROM ideamine.expire_leases(now() + interval '1 hour') e JOIN ideamine.jobs j USING (job_id) ORDER BY 1;
SELECT job_type, status FROM ideamine.jobs ORDER BY job_type;
SELECT job_type, attempt, attempts -> 0 ->> 'outcome' AS outcome FROM ideamine.dead_letter_queue ORDER BY job_type;
SELECT j.job_type, h.reason FROM ideamine.heartbeat(:'slow') h JOIN ideamine.jobs j USING (job_id) ORDER BY 1;

-- A lease of a worker that has ended or that nobody knows any more ends at once.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;
SELECT count(*) FROM unnest('{a,b}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT ideamine.register_worker('gone') AS gone \gset
SELECT ideamine.register_worker('forgotten') AS forgotten \gset
SELECT count(*) FROM ideamine.acquire_jobs(:'gone');
SELECT count(*) FROM ideamine.acquire_jobs(:'forgotten');
SELECT * FROM ideamine.expire_leases();
UPDATE ideamine.workers SET status = 'failed', ended_at = now() WHERE worker_id = :'gone';
DELETE FROM ideamine.workers WHERE worker_id = :'forgotten';
SELECT j.job_type, e.status FROM ideamine.expire_leases() e JOIN ideamine.jobs j USING (job_id) ORDER BY 1;

-- Sweeps that roll back leave the leases live.
SELECT job_id AS job, epoch FROM ideamine.acquire_jobs(:'slow') \gset
BEGIN;
SELECT count(*) FROM ideamine.expire_leases(now() + interval '1 hour');
SELECT count(*) FROM ideamine.mark_stale_workers(now() + interval '1 hour');
ROLLBACK;
SELECT * FROM ideamine.heartbeat(:'slow');
SELECT ideamine.complete_job('acme', :'job', :epoch);

-- A failed worker gets one successor, that can do the same; others get none.
SELECT ideamine.register_worker('model', '{llm,gpu}', 4, '{acme}') AS model \gset
CALL pg_temp.refused('SELECT ideamine.replace_failed_worker(%L)', :'model');
UPDATE ideamine.workers SET status = 'failed', ended_at = now() WHERE worker_id = :'model';
SELECT ideamine.replace_failed_worker(:'model') AS successor \gset
SELECT ideamine.replace_failed_worker(:'model') = :'successor' AS the_same;
SELECT worker_type, capabilities, capacity, tenants, status FROM ideamine.workers WHERE worker_id = :'successor';
SELECT replaced_by = :'successor' AS noted FROM ideamine.v_workers WHERE worker_id = :'model';
CALL pg_temp.refused('SELECT ideamine.replace_failed_worker(%L)', :'job');
CALL pg_temp.refused('SELECT ideamine.replace_failed_worker(NULL)');
-- Neither a successor that lives nor one that said good-bye is replaced.
SELECT ideamine.drain_worker(:'successor');
CALL pg_temp.refused('SELECT ideamine.replace_failed_worker(%L)', :'successor');
SELECT ideamine.terminate_worker(:'successor');
CALL pg_temp.refused('SELECT ideamine.replace_failed_worker(%L)', :'successor');

-- The sweep does it for those that ever lived: a successor that nobody took over is not replaced in turn.
TRUNCATE ideamine.workers;
SET ideamine.auto_replace_workers = on;
SELECT ideamine.register_worker('lived') AS lived \gset
SELECT * FROM ideamine.heartbeat(:'lived');
SELECT count(*) FROM ideamine.mark_stale_workers(now() + interval '1 hour');
SELECT worker_type, status, replaced_by IS NOT NULL AS replaced FROM ideamine.workers ORDER BY registered_at, worker_id;
SELECT count(*) FROM ideamine.mark_stale_workers(now() + interval '2 hours');
SELECT worker_type, status, replaced_by IS NOT NULL AS replaced FROM ideamine.workers ORDER BY registered_at, worker_id;
RESET ideamine.auto_replace_workers;

-- Heartbeats are noted in shared memory; what is written follows at a low rate. Leases and workers last by what is known.
TRUNCATE ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT ideamine.register_worker('quiet') AS quiet \gset
SELECT count(*) FROM ideamine.create_job('acme', 'long');
SELECT job_type FROM ideamine.acquire_jobs(:'quiet', lease => '10 s');
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '20 s' RETURNING last_heartbeat_at AS written \gset
UPDATE ideamine.jobs SET started_at = now() - interval '1 minute';
SELECT * FROM ideamine.heartbeat(:'quiet');
SELECT w.last_heartbeat_at = :'written' AS row_is_behind, v.last_heartbeat_at > now() - interval '10 s' AS is_known, v.silent_for < '10 s' AS lives
FROM ideamine.workers w JOIN ideamine.v_workers v USING (worker_id);
SELECT e.until > now() AS explained FROM ideamine.jobs j, ideamine.explain_job(j.tenant_id, j.job_id) e;
SELECT status FROM ideamine.expire_leases();
SELECT jobs_requeued FROM ideamine.mark_stale_workers(now() + interval '45 s');
-- What the row says counts when somebody else has written it.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '25 s' RETURNING last_heartbeat_at AS written \gset
SELECT last_heartbeat_at = :'written' AS by_hand FROM ideamine.v_workers;
SELECT * FROM ideamine.heartbeat(:'quiet');
SELECT * FROM ideamine.heartbeat(:'quiet');
SELECT w.last_heartbeat_at = :'written' AS row_is_behind, v.last_heartbeat_at > now() - interval '10 s' AS is_known
FROM ideamine.workers w JOIN ideamine.v_workers v USING (worker_id);
-- A row that is too far behind is written.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '301 s';
SELECT * FROM ideamine.heartbeat(:'quiet');
SELECT last_heartbeat_at > now() - interval '10 s' AS is_written FROM ideamine.workers;
-- A notice is found although nothing is written.
SELECT ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs;
SELECT reason FROM ideamine.heartbeat(:'quiet');
SELECT reason FROM ideamine.heartbeat(:'quiet');
-- When it is given up its row gets what was known of it, and its next heartbeat is refused.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '299 s' RETURNING last_heartbeat_at AS written \gset
SELECT * FROM ideamine.heartbeat(:'quiet');
SELECT count(*) FROM ideamine.mark_stale_workers(now() + interval '50 s');
SELECT count(*) FROM ideamine.mark_stale_workers(now() + interval '70 s');
SELECT status, last_heartbeat_at > :'written' AS was_known FROM ideamine.workers;
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(%L)', :'quiet');

-- Who has ended is not told of a lease that ends because of that; who cancels a job does not ask what became of its worker.
TRUNCATE ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine_internal.stop_notices;
SELECT ideamine.register_worker('ended') AS ended \gset
SELECT count(*) FROM unnest('{cancelled,expired}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT count(*) FROM ideamine.acquire_jobs(:'ended', 2);
UPDATE ideamine.workers SET status = 'failed', ended_at = now();
SELECT ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs WHERE job_type = 'cancelled';
SELECT status FROM ideamine.expire_leases();
SELECT j.job_type, n.reason FROM ideamine_internal.stop_notices n JOIN ideamine.jobs j USING (job_id);
