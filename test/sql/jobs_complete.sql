-- complete_job: the live lease ends an attempt, nothing else does.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset

-- The result is stored, the attempt recorded, and the job ended.
SELECT created FROM ideamine.create_job('acme', 'a');
SELECT job_id AS job, epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT ideamine.complete_job('acme', :'job', :epoch, '{"answer": 42}');
SELECT status, result, attempt, finished_at BETWEEN started_at AND clock_timestamp() AS finished_now, last_error
FROM ideamine.jobs;
SELECT attempt, outcome, error, worker_id = :'worker' AS its_worker, epoch = :epoch AS its_epoch,
       ended_at >= started_at AS in_order, duration = ended_at - started_at AS has_duration
FROM ideamine.job_executions;

-- It cannot be ended twice, the second result is not stored.
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s, %L)', 'acme', :'job', :'epoch', '"again"');
SELECT result FROM ideamine.jobs;
SELECT count(*) FROM ideamine.job_executions;

-- A result may be left out, and may be null.
SELECT count(*) FROM unnest('{b,c}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 2);
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'b';
SELECT ideamine.complete_job(tenant_id, job_id, epoch, 'null') FROM ideamine.jobs WHERE job_type = 'c';
SELECT job_type, result, result IS NULL AS none FROM ideamine.jobs WHERE job_type IN ('b', 'c') ORDER BY job_type;

-- A lease that somebody took over: the older epoch is refused, the newer accepted.
SELECT job_id AS job FROM ideamine.create_job('acme', 'd') \gset
SELECT epoch AS old FROM ideamine.acquire_jobs(:'worker') \gset
SELECT count(*) FROM ideamine.expire_leases(now() + interval '1 hour');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'acme', :'job', :'old');
SELECT epoch AS new FROM ideamine.acquire_jobs(:'worker') \gset
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'acme', :'job', :'old');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s + 1)', 'acme', :'job', :'new');
SELECT status, result, attempt FROM ideamine.jobs WHERE job_type = 'd';
SELECT ideamine.complete_job('acme', :'job', :new, '"by the newer"');
SELECT status, result, attempt FROM ideamine.jobs WHERE job_type = 'd';

-- Past its time but not yet taken back, a lease is still good: the epoch decides, not the clock.
SELECT job_id AS job FROM ideamine.create_job('acme', 'late') \gset
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
UPDATE ideamine.jobs SET started_at = started_at - interval '1 hour' WHERE job_id = :'job';
UPDATE ideamine.workers SET last_heartbeat_at = last_heartbeat_at - interval '1 hour';
SELECT ideamine.complete_job('acme', :'job', :epoch, '"late"');
SELECT status, result FROM ideamine.jobs WHERE job_type = 'late';

-- A job that is not running has no live lease.
SELECT job_id AS job FROM ideamine.create_job('acme', 'pending') \gset
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'acme', :'job', '0');
SELECT status FROM ideamine.jobs WHERE job_type = 'pending';

-- The caller's own writes roll back with a stale lease.
CREATE TEMP TABLE effects (what text);
\set VERBOSITY sqlstate
BEGIN;
INSERT INTO effects VALUES ('charged the customer');
SELECT ideamine.complete_job('acme', :'job', 0);
COMMIT;
\set VERBOSITY default
SELECT count(*) AS effects FROM effects;

-- A completion that rolls back leaves the lease live.
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
BEGIN;
SELECT ideamine.complete_job('acme', :'job', :epoch, '"first"');
ROLLBACK;
BEGIN;
SAVEPOINT before;
SELECT ideamine.complete_job('acme', :'job', :epoch, '"second"');
ROLLBACK TO before;
SELECT ideamine.complete_job('acme', :'job', :epoch, '"third"');
COMMIT;
SELECT status, result FROM ideamine.jobs WHERE job_type = 'pending';
SELECT count(*) FROM ideamine.job_executions WHERE job_id = :'job';

-- Unknown jobs, jobs of other tenants, missing arguments.
SELECT job_id AS job FROM ideamine.create_job('acme', 'e') \gset
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
CALL pg_temp.refused($$SELECT ideamine.complete_job('acme', '00000000-0000-0000-0000-000000000000', 1)$$);
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'globex', :'job', :'epoch');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'nobody', :'job', :'epoch');
CALL pg_temp.refused('SELECT ideamine.complete_job(NULL, %L, %s)', :'job', :'epoch');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, NULL, %s)', 'acme', :'epoch');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, NULL)', 'acme', :'job');
CALL pg_temp.refused($$SELECT ideamine.complete_job('acme', 'not an id', 1)$$);

-- A result is limited like a payload.
SET ideamine.max_payload_size = '1kB';
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s, to_jsonb(repeat(%L, 2000)))', 'acme', :'job', :'epoch', 'x');
RESET ideamine.max_payload_size;
SELECT status FROM ideamine.jobs WHERE job_type = 'e';

-- NULL for the tenant means the setting.
SET ideamine.tenant_id = 'acme';
SELECT ideamine.complete_job(NULL, :'job', :epoch);
RESET ideamine.tenant_id;
SELECT status FROM ideamine.jobs WHERE job_type = 'e';

-- Nothing depends on the session: all works after DISCARD ALL, as between the clients of a pooler, and when prepared.
DISCARD ALL;
PREPARE next (uuid) AS SELECT tenant_id, job_id, epoch FROM ideamine.acquire_jobs($1);
PREPARE done (text, uuid, bigint) AS SELECT ideamine.complete_job($1, $2, $3);
SELECT count(*) FROM generate_series(1, 10) AS i, ideamine.create_job('acme', 'prepared ' || i);
DO $$
DECLARE
  worker uuid := (SELECT worker_id FROM ideamine.workers);
BEGIN
  FOR i IN 1..5 LOOP
    PERFORM ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.acquire_jobs(worker);
  END LOOP;
END
$$;
EXECUTE next (:'worker') \gset
EXECUTE done (:'tenant_id', :'job_id', :epoch);
DISCARD PLANS;
EXECUTE next (:'worker') \gset
EXECUTE done (:'tenant_id', :'job_id', :epoch);
SELECT status, count(*) FROM ideamine.jobs WHERE job_type LIKE 'prepared %' GROUP BY status ORDER BY status;
