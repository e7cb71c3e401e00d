-- get_job and get_runnable_jobs: what is known of a job, and what would be acquired now.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset

-- A new job has no attempts, no lease, and epoch 0.
SELECT job_id AS job FROM ideamine.create_job('acme', 'story', '{"n": 1}', 'P1', options => '{"queue": "mail", "max_retries": 1}') \gset
SELECT job_type, queue, priority_class, status, payload, result, last_error, cancel_reason, attempt, attempts, open_dependencies
FROM ideamine.get_job('acme', :'job');
SELECT worker_id, epoch, run_at <= clock_timestamp() AS due, created_at <= clock_timestamp() AS created, started_at, finished_at
FROM ideamine.get_job('acme', :'job');

-- Running: the lease is that of the worker; attempts are those that have ended.
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT status, attempt, attempts, worker_id = :'worker' AS its_worker, epoch = :epoch AS its_epoch, started_at >= created_at AS started
FROM ideamine.get_job('acme', :'job');

-- After a failure, a hand-back and a completion: all attempts, oldest first.
SELECT status FROM ideamine.fail_job('acme', :'job', :epoch, 'boom', retry_after => '0');
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.acquire_jobs(:'worker');
SELECT epoch AS last_epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT ideamine.complete_job('acme', :'job', :last_epoch, '{"answer": 42}');
SELECT status, result, last_error, attempt, jsonb_array_length(attempts) AS attempts, epoch = :last_epoch AS latest_epoch,
       worker_id = :'worker' AS its_worker, finished_at >= started_at AS finished
FROM ideamine.get_job('acme', :'job');
SELECT a - 'worker_id' - 'started_at' - 'ended_at' - 'epoch' AS attempt, a ->> 'worker_id' = :'worker' AS its_worker,
       (a ->> 'ended_at')::timestamptz >= (a ->> 'started_at')::timestamptz AS in_order, (a -> 'epoch')::bigint >= :epoch AS has_epoch
FROM ideamine.get_job('acme', :'job'), jsonb_array_elements(attempts) AS a;

-- The view gives the same.
SELECT v.attempts = g.attempts AS same FROM ideamine.v_job_attempts v, ideamine.get_job('acme', :'job') g WHERE v.job_id = :'job';

-- What it waits for, and why it was cancelled.
SELECT job_id AS parent FROM ideamine.create_job('acme', 'parent') \gset
SELECT job_id AS child FROM ideamine.create_job('acme', 'child', depends_on => ARRAY[:'parent']::uuid[]) \gset
SELECT status, open_dependencies FROM ideamine.get_job('acme', :'child');
SELECT status, cancelled FROM ideamine.cancel_job('acme', :'child', 'not needed');
SELECT status, cancel_reason, finished_at IS NOT NULL AS finished FROM ideamine.get_job('acme', :'child');

-- The tenant may be the setting's. Nobody sees another tenant's job by its id.
SET ideamine.tenant_id = 'acme';
SELECT job_type FROM ideamine.get_job(NULL, :'parent');
RESET ideamine.tenant_id;
CALL pg_temp.refused('SELECT * FROM ideamine.get_job(%L, %L)', 'globex', :'parent');
CALL pg_temp.refused('SELECT * FROM ideamine.get_job(NULL, %L)', :'parent');
CALL pg_temp.refused('SELECT * FROM ideamine.get_job(%L, NULL)', 'acme');
CALL pg_temp.refused($$SELECT * FROM ideamine.get_job('acme', '00000000-0000-0000-0000-000000000000')$$);
CALL pg_temp.refused('SELECT * FROM ideamine.get_job(%L, %L)', '', :'parent');

-- Runnable: the highest class first, within it the job that has been ready longest, whatever it requires, whoever can do that.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;
SELECT key FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a", "priority_class": "P2"},
  {"key": "b", "job_type": "b", "priority_class": "P0", "required_capabilities": ["zap"], "queue": "mail"},
  {"key": "c", "job_type": "c", "priority_class": "P3"},
  {"key": "d", "job_type": "d", "priority_class": "P0"},
  {"key": "e", "job_type": "e", "priority_class": "P2", "required_capabilities": ["gpu", "arm"]},
  {"key": "f", "job_type": "f", "priority_class": "P2"},
  {"key": "waits", "job_type": "waits", "priority_class": "P0", "depends_on": ["c"]},
  {"key": "later", "job_type": "later", "priority_class": "P0", "run_at": "2100-01-01"}]');
SELECT count(*) FROM ideamine.create_job('globex', 'of another tenant');
SELECT "position", job_type, queue, priority_class, required_capabilities, ready_at <= clock_timestamp() AS ready
FROM ideamine.get_runnable_jobs('acme');
SELECT "position", job_type FROM ideamine.get_runnable_jobs('acme', 3);
SELECT "position", job_type FROM ideamine.get_runnable_jobs('globex');

-- It takes nothing, and the setting names the tenant.
SET ideamine.tenant_id = 'acme';
SELECT count(*) FROM ideamine.get_runnable_jobs();
RESET ideamine.tenant_id;

-- Running jobs are not among them; what has come due is, before anybody promoted it, in its place.
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 1);
SELECT job_type FROM ideamine.get_runnable_jobs('acme');
UPDATE ideamine.jobs SET run_at = now() - interval '1 hour' WHERE job_type = 'later';
SELECT "position", job_type, ready_at < now() - interval '59 minutes' AS since_then
FROM ideamine.get_runnable_jobs('acme', 2);

-- Both read only: they run where nothing may be written.
BEGIN TRANSACTION READ ONLY;
SELECT count(*) FROM ideamine.get_runnable_jobs('acme');
SELECT g.job_type FROM ideamine.jobs j, ideamine.get_job(j.tenant_id, j.job_id) g WHERE j.job_type = 'f';
COMMIT;

-- At most max_jobs; NULL is the default of 100.
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg('{"job_type": "x"}'::jsonb) FROM generate_series(1, 200)));
SELECT count(*) FROM ideamine.get_runnable_jobs('acme');
SELECT count(*) FROM ideamine.get_runnable_jobs('acme', NULL);
SELECT count(*) FROM ideamine.get_runnable_jobs('acme', 10000);
CALL pg_temp.refused($$SELECT * FROM ideamine.get_runnable_jobs('acme', 0)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.get_runnable_jobs('acme', -1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.get_runnable_jobs('acme', 10001)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.get_runnable_jobs('nobody')$$);
