-- release_job: a job handed back unharmed.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
SELECT count(*) FROM unnest('{first,second,third}'::text[]) AS type, ideamine.create_job('acme', type);

-- It is runnable at once, before the jobs that came after it, and no attempt is used up.
SELECT job_id AS job, attempt, epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT ideamine.release_job('acme', :'job', :epoch, '{"page": 7}');
SELECT job_type, status, attempt, checkpoint, last_error FROM ideamine.jobs WHERE job_id = :'job';
SELECT job_type FROM ideamine.get_runnable_jobs('acme');
SELECT job_type, attempt = :attempt AS same_attempt, epoch > :epoch AS new_epoch, checkpoint FROM ideamine.acquire_jobs(:'worker');

-- So it is with jobs that became ready at the same moment.
SELECT count(*) FROM ideamine.create_jobs('globex', (SELECT jsonb_agg(jsonb_build_object('job_type', 'twin ' || i)) FROM generate_series(1, 3) AS i));
SELECT ideamine.register_worker('twins', tenants => '{globex}') AS twins \gset
SELECT job_type AS twin, ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.acquire_jobs(:'twins') \gset
SELECT job_type = :'twin' AS the_same_twin FROM ideamine.acquire_jobs(:'twins');
DELETE FROM ideamine.jobs WHERE tenant_id = 'globex';

-- Its history shows the hand-back, under the same number as the attempt that follows.
SELECT outcome, attempt, error, worker_id = :'worker' AS its_worker FROM ideamine.job_executions WHERE tenant_id = 'acme';
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_id = :'job';
SELECT outcome, attempt FROM ideamine.job_executions WHERE tenant_id = 'acme' ORDER BY epoch;

-- It may be handed back as often as one likes, without ever running out of retries.
SELECT created FROM ideamine.create_job('globex', 'often', options => '{"max_retries": 0}');
SELECT ideamine.register_worker('often', tenants => '{globex}') AS often \gset
DO $$
DECLARE
  often uuid := (SELECT worker_id FROM ideamine.workers WHERE worker_type = 'often');
BEGIN
  FOR i IN 1..20 LOOP
    PERFORM ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.acquire_jobs(often);
  END LOOP;
END
$$;
SELECT status, attempt, epoch & 4294967295 AS claims FROM ideamine.jobs WHERE job_type = 'often';

-- NULL keeps the checkpoint that there is, any other replaces it.
SELECT ideamine.release_job(tenant_id, job_id, epoch, '{"step": 1}') FROM ideamine.acquire_jobs(:'often');
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.acquire_jobs(:'often');
SELECT checkpoint FROM ideamine.jobs WHERE job_type = 'often';
SELECT ideamine.release_job(tenant_id, job_id, epoch, '{"step": 2}') FROM ideamine.acquire_jobs(:'often');
SELECT checkpoint FROM ideamine.jobs WHERE job_type = 'often';

-- A failure in between counts, and keeps the checkpoint too.
UPDATE ideamine.jobs SET max_retries = 1 WHERE job_type = 'often';
SELECT f.status, f.retries_left FROM ideamine.acquire_jobs(:'often'), ideamine.fail_job(tenant_id, job_id, epoch, 'boom', retry_after => '0') f;
SELECT attempt, checkpoint FROM ideamine.acquire_jobs(:'often');

-- The lease has to be live; what it wrote is then not kept.
SELECT job_id AS job, epoch FROM ideamine.jobs WHERE job_type = 'often' \gset
CALL pg_temp.refused('SELECT ideamine.release_job(%L, %L, %s - 1, %L)', 'globex', :'job', :'epoch', '"stale"');
SELECT ideamine.release_job('globex', :'job', :epoch);
CALL pg_temp.refused('SELECT ideamine.release_job(%L, %L, %s, %L)', 'globex', :'job', :'epoch', '"stale"');
SELECT checkpoint, status FROM ideamine.jobs WHERE job_type = 'often';

-- Unknown jobs, missing arguments, a checkpoint that is too large.
SELECT epoch FROM ideamine.acquire_jobs(:'often') \gset
CALL pg_temp.refused($$SELECT ideamine.release_job('globex', '00000000-0000-0000-0000-000000000000', 1)$$);
CALL pg_temp.refused('SELECT ideamine.release_job(%L, %L, %s)', 'acme', :'job', :'epoch');
CALL pg_temp.refused('SELECT ideamine.release_job(%L, NULL, %s)', 'globex', :'epoch');
CALL pg_temp.refused('SELECT ideamine.release_job(%L, %L, NULL)', 'globex', :'job');
SET ideamine.max_payload_size = '1kB';
CALL pg_temp.refused('SELECT ideamine.release_job(%L, %L, %s, to_jsonb(repeat(%L, 2000)))', 'globex', :'job', :'epoch', 'x');
RESET ideamine.max_payload_size;
SELECT status FROM ideamine.jobs WHERE job_type = 'often';
