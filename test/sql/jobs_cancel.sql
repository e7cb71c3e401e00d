-- cancel_job: the job, all that wait for it, and the worker that runs it. (For the graph behind it see jobs_graph.)
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
SELECT count(*) FROM unnest('{ready,running,done,dead}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT job_id AS running FROM ideamine.jobs WHERE job_type = 'running' \gset
SELECT count(*) FROM ideamine.create_job('acme', 'scheduled', run_at => now() + interval '1 hour');
SELECT count(*) FROM ideamine.create_job('acme', 'blocked', depends_on => ARRAY[:'running']::uuid[]);
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'blocked'));
UPDATE ideamine.jobs SET ready_at = ready_at + interval '1 hour' WHERE job_type = 'ready';
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 3);
SELECT ideamine.complete_job(tenant_id, job_id, epoch, '1') FROM ideamine.jobs WHERE job_type = 'done';
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f WHERE job_type = 'dead';
SELECT job_type, status FROM ideamine.jobs ORDER BY job_type;
CREATE FUNCTION pg_temp.cancel(job text, reason text DEFAULT NULL) RETURNS TABLE (status ideamine.job_status, cancelled integer)
LANGUAGE sql AS
  'SELECT c.status, c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id, reason) c WHERE job_type = job';

-- A job that waits for its turn or its time.
SELECT * FROM pg_temp.cancel('ready', 'not needed');
SELECT * FROM pg_temp.cancel('scheduled');
SELECT job_type, status, cancel_reason, finished_at <= clock_timestamp() AS finished, attempt
FROM ideamine.jobs WHERE job_type IN ('ready', 'scheduled') ORDER BY job_type;
SELECT ideamine.promote_scheduled_jobs(now() + interval '1 day');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);

-- One that has ended is left as it is, and none is cancelled.
SELECT * FROM pg_temp.cancel('done', 'too late');
SELECT * FROM pg_temp.cancel('dead', 'too late');
SELECT * FROM pg_temp.cancel('ready', 'again');
SELECT job_type, status, cancel_reason FROM ideamine.jobs WHERE job_type IN ('done', 'dead', 'ready') ORDER BY job_type;

-- A running one: this one and the two that wait for it. A later result of its worker is refused, and a failure too.
SELECT epoch FROM ideamine.jobs WHERE job_id = :'running' \gset
SELECT * FROM pg_temp.cancel('running', 'changed our minds');
SELECT job_type, status, cancel_reason FROM ideamine.jobs WHERE job_type IN ('running', 'blocked', 'behind') ORDER BY job_type;
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'acme', :'running', :'epoch');
CALL pg_temp.refused('SELECT * FROM ideamine.fail_job(%L, %L, %s, %L)', 'acme', :'running', :'epoch', 'boom');
CALL pg_temp.refused('SELECT ideamine.release_job(%L, %L, %s)', 'acme', :'running', :'epoch');
SELECT answer FROM ideamine.complete_jobs(jsonb_build_array(
  jsonb_build_object('tenant_id', 'acme', 'job_id', :'running', 'epoch', :epoch)));
SELECT status, result FROM ideamine.jobs WHERE job_id = :'running';

-- Its attempt is part of the history.
SELECT attempt, outcome, worker_id = :'worker' AS its_worker FROM ideamine.job_executions WHERE job_id = :'running';

-- The worker learns so at its next heartbeat, once.
SELECT tenant_id, job_id = :'running' AS the_job, epoch = :epoch AS its_epoch, reason FROM ideamine.heartbeat(:'worker');
SELECT * FROM ideamine.heartbeat(:'worker');

-- It holds the job no longer: there is room for another.
SELECT ideamine.drain_worker(:'worker') AS held;

-- A reason is kept up to 16 kB, whole characters of it.
SELECT count(*) FROM ideamine.create_job('acme', 'talkative');
SELECT * FROM pg_temp.cancel('talkative', 'x' || repeat('é', 10000));
SELECT octet_length(cancel_reason), 'x' || repeat('é', 10000) LIKE cancel_reason || '%' AS its_beginning
FROM ideamine.jobs WHERE job_type = 'talkative';

-- Cancelling that rolls back leaves the lease live, and nobody is told.
SELECT ideamine.register_worker('another') AS another \gset
SELECT count(*) FROM ideamine.create_job('acme', 'spared');
SELECT job_id AS spared, epoch FROM ideamine.acquire_jobs(:'another') \gset
BEGIN;
SELECT * FROM ideamine.cancel_job('acme', :'spared');
ROLLBACK;
SELECT * FROM ideamine.heartbeat(:'another');
SELECT ideamine.complete_job('acme', :'spared', :epoch);

-- Jobs that are preempted or paused can be cancelled too.
SELECT count(*) FROM unnest('{preempted,paused}'::text[]) AS type, ideamine.create_job('acme', type);
UPDATE ideamine.jobs SET status = job_type::ideamine.job_status WHERE job_type IN ('preempted', 'paused');
SELECT * FROM pg_temp.cancel('preempted');
SELECT * FROM pg_temp.cancel('paused');

-- Unknown jobs, jobs of other tenants, missing ids; NULL for the tenant means the setting.
CALL pg_temp.refused($$SELECT * FROM ideamine.cancel_job('acme', '00000000-0000-0000-0000-000000000000')$$);
CALL pg_temp.refused('SELECT * FROM ideamine.cancel_job(%L, %L)', 'globex', :'spared');
CALL pg_temp.refused('SELECT * FROM ideamine.cancel_job(%L, NULL)', 'acme');
CALL pg_temp.refused('SELECT * FROM ideamine.cancel_job(NULL, %L)', :'spared');
SELECT job_id AS mine FROM ideamine.create_job('globex', 'mine') \gset
SET ideamine.tenant_id = 'globex';
SELECT * FROM ideamine.cancel_job(NULL, :'mine');
RESET ideamine.tenant_id;
