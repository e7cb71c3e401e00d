-- What time does to jobs: scheduled ones come due, ended ones and dead letters are removed. Each duty takes the time to judge by.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme');
SELECT ideamine.register_worker('test') AS worker \gset

-- Promotion: those whose time has come, no others, and each once.
SELECT count(*) FROM generate_series(1, 4) AS i, ideamine.create_job('acme', i || ' h', run_at => now() + i * interval '1 hour');
SELECT count(*) FROM ideamine.create_job('acme', 'behind', run_at => now() + interval '1 hour', depends_on => ARRAY(
  SELECT job_id FROM ideamine.jobs WHERE job_type = '4 h'));
SELECT ideamine.promote_scheduled_jobs();
SELECT ideamine.promote_scheduled_jobs(now() + interval '150 minutes');
SELECT ideamine.promote_scheduled_jobs(now() + interval '150 minutes');
SELECT job_type, status, ready_at IS NOT NULL AS ready FROM ideamine.jobs ORDER BY job_type;
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT ideamine.promote_scheduled_jobs('infinity');
SELECT ideamine.promote_scheduled_jobs('-infinity');

-- Retention of jobs: 30 days by default, from when they ended; with them go their attempts and what they waited for. One
-- with a dead letter may be given another chance, and stays.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "done", "job_type": "done"}, {"key": "dead", "job_type": "dead"}, {"key": "running", "job_type": "running"},
  {"key": "pending", "job_type": "pending"}, {"key": "cancelled", "job_type": "cancelled"},
  {"key": "blocked", "job_type": "blocked", "depends_on": ["running", "done"]},
  {"key": "next", "job_type": "next", "depends_on": ["done"]}]');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 3);
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'done';
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f WHERE job_type = 'dead';
SELECT c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'cancelled';
SELECT ideamine.purge_finished_jobs();
SELECT ideamine.purge_finished_jobs(now() + interval '29 days 23 hours');
SELECT count(*) AS jobs FROM ideamine.jobs;
SELECT count(*) AS edges FROM ideamine.job_dependencies;
SELECT outcome FROM ideamine.job_executions ORDER BY outcome;
SELECT ideamine.purge_finished_jobs(now() + interval '30 days 1 hour');
SELECT job_type, status, open_dependencies FROM ideamine.jobs ORDER BY job_type;
SELECT count(*) AS edges FROM ideamine.job_dependencies;
SELECT count(*) AS attempts FROM ideamine.job_executions;
SELECT ideamine.purge_finished_jobs(now() + interval '30 days 1 hour');

-- What waited for one that is gone goes on, and what has not ended stays, however old it is.
SELECT ideamine.purge_finished_jobs('infinity');
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'running';
SELECT job_type, status FROM ideamine.jobs ORDER BY job_type;

-- The one with a letter goes after that.
SELECT ideamine.purge_dead_letters('infinity');
SELECT ideamine.purge_finished_jobs('infinity');
SELECT job_type, status FROM ideamine.jobs ORDER BY job_type;

-- A job that ended long after it was made is kept from when it ended.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;
SELECT count(*) FROM ideamine.create_job('acme', 'old');
UPDATE ideamine.jobs SET created_at = '2022-01-01', job_id = '017e1300-0000-7000-8000-000000000000';
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c;
SELECT ideamine.purge_finished_jobs(now() + interval '29 days');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');

-- The time is a setting.
SET ideamine.job_retention = '1h';
SELECT count(*) FROM ideamine.create_job('acme', 'short');
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c;
SELECT ideamine.purge_finished_jobs(now() + interval '30 minutes');
SELECT ideamine.purge_finished_jobs(now() + interval '90 minutes');
RESET ideamine.job_retention;

-- At most 10,000 a pass.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg('{"job_type": "x"}'::jsonb) FROM generate_series(1, 10003)));
UPDATE ideamine.jobs SET status = 'completed', finished_at = now(), ready_at = NULL;
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');

-- Retention of dead letters, by a setting of their own.
TRUNCATE ideamine.dead_letter_queue;
SELECT count(*) FROM ideamine.create_job('acme', 'dead');
SELECT f.status FROM ideamine.acquire_jobs(:'worker'), ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f;
SELECT ideamine.purge_dead_letters();
SELECT ideamine.purge_dead_letters(now() + interval '29 days');
SET ideamine.dead_letter_retention = '60d';
SELECT ideamine.purge_dead_letters(now() + interval '31 days');
RESET ideamine.dead_letter_retention;
SELECT ideamine.purge_dead_letters(now() + interval '31 days');
SELECT count(*) AS letters FROM ideamine.dead_letter_queue;

-- Judged by the beginning of time nothing is old.
SELECT count(*) FROM unnest('{a,b}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT f.status FROM ideamine.acquire_jobs(:'worker'), ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f;
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'b';
SELECT ideamine.purge_finished_jobs('-infinity'), ideamine.purge_dead_letters('-infinity');
SELECT ideamine.purge_finished_jobs('infinity'), ideamine.purge_dead_letters('infinity');
