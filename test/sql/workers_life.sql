-- A worker's life: registration, heartbeats, draining, its end.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');

-- Each registration is a new worker; names are kept sorted, each once.
SELECT ideamine.register_worker('plain') AS plain \gset
SELECT ideamine.register_worker('plain') <> :'plain' AS another;
SELECT ideamine.register_worker('full', '{gpu,arm,gpu}', 5, '{globex,acme,globex}') AS full \gset
SELECT worker_type, capabilities, tenants, capacity, status, metrics, ended_at, registered_at = last_heartbeat_at AS heard_of,
       registered_at <= clock_timestamp() AS registered
FROM ideamine.workers WHERE worker_id IN (:'plain', :'full') ORDER BY worker_type;

-- NULL is the default of each argument; default-tenant is made on first use here too.
SELECT ideamine.register_worker('nulls', NULL, NULL, NULL) IS NOT NULL AS registered;
SELECT capabilities, tenants, capacity FROM ideamine.workers WHERE worker_type = 'nulls';
SELECT ideamine.register_worker('first use', tenants => '{default-tenant}') IS NOT NULL AS registered;
SELECT tenant_id FROM ideamine.tenants ORDER BY tenant_id;

-- What it may not be.
CALL pg_temp.refused('SELECT ideamine.register_worker(NULL)');
CALL pg_temp.refused($$SELECT ideamine.register_worker('')$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker(repeat('x', 201))$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker(E'a\nb')$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', '{gpu,""}')$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', '{gpu,NULL}')$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', ARRAY(SELECT 'c' || i FROM generate_series(1, 65) AS i))$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', capacity => 0)$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', capacity => -1)$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', tenants => '{acme,nobody}')$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', tenants => '{""}')$$);
CALL pg_temp.refused($$SELECT ideamine.register_worker('x', tenants => ARRAY(SELECT 't' || i FROM generate_series(1, 1001) AS i))$$);
SELECT count(*) FROM ideamine.workers WHERE worker_type = 'x';

-- A heartbeat says that it lives, and may bring metrics, which stay until the next ones.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '30 s' WHERE worker_id = :'plain';
SELECT * FROM ideamine.heartbeat(:'plain', '{"cpu": 0.5}');
SELECT last_heartbeat_at BETWEEN now() - interval '10 s' AND clock_timestamp() AS lives, metrics, status
FROM ideamine.workers WHERE worker_id = :'plain';
SELECT * FROM ideamine.heartbeat(:'plain');
SELECT metrics FROM ideamine.workers WHERE worker_id = :'plain';
SELECT * FROM ideamine.heartbeat(:'plain', '{}');
SELECT metrics FROM ideamine.workers WHERE worker_id = :'plain';
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(NULL)');
CALL pg_temp.refused($$SELECT * FROM ideamine.heartbeat('00000000-0000-0000-0000-000000000000')$$);
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(%L, %L)', :'plain', '["cpu"]');
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(%L, %L)', :'plain', '1');

-- It extends each lease by that lease's own length: after half an hour and a heartbeat the leases count from there.
SELECT count(*) FROM unnest('{short,long}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT job_type FROM ideamine.acquire_jobs(:'plain', lease => '10 s');
SELECT job_type FROM ideamine.acquire_jobs(:'plain', lease => '1 hour');
UPDATE ideamine.jobs SET started_at = started_at - interval '30 minutes';
BEGIN;
SELECT * FROM ideamine.heartbeat(:'plain');
SELECT count(*) FROM ideamine.expire_leases();
SELECT count(*) FROM ideamine.expire_leases(now() + interval '5 s');
SELECT j.job_type FROM ideamine.expire_leases(now() + interval '15 s') JOIN ideamine.jobs j USING (job_id);
SELECT count(*) FROM ideamine.expire_leases(now() + interval '50 minutes');
SELECT j.job_type FROM ideamine.expire_leases(now() + interval '61 minutes') JOIN ideamine.jobs j USING (job_id);
ROLLBACK;

-- Draining: it keeps what it holds and finishes that. Draining it again says what is left.
SELECT ideamine.drain_worker(:'plain') AS held;
SELECT status, ended_at FROM ideamine.workers WHERE worker_id = :'plain';
SELECT * FROM ideamine.heartbeat(:'plain');
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'short';
SELECT ideamine.drain_worker(:'plain') AS held;

-- Ending: what it holds is handed back unharmed, without an attempt.
SELECT ideamine.terminate_worker(:'plain') AS handed_back;
SELECT status, ended_at <= clock_timestamp() AS ended FROM ideamine.workers WHERE worker_id = :'plain';
SELECT job_type, status, attempt, ready_at IS NOT NULL AS ready FROM ideamine.jobs ORDER BY job_type;
SELECT j.job_type, e.outcome, e.attempt FROM ideamine.job_executions e JOIN ideamine.jobs j USING (job_id) ORDER BY j.job_type;
SELECT ideamine.register_worker('next') AS next \gset
SELECT job_type, attempt FROM ideamine.acquire_jobs(:'next');

-- Ending it again does nothing; everything else that it tries tells it to register anew.
SELECT ideamine.terminate_worker(:'plain');
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(%L)', :'plain');
CALL pg_temp.refused('SELECT ideamine.drain_worker(%L)', :'plain');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L)', :'plain');

-- So it is with one that was given up.
UPDATE ideamine.workers SET status = 'failed', ended_at = now() WHERE worker_id = :'full';
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(%L)', :'full');
CALL pg_temp.refused('SELECT ideamine.drain_worker(%L)', :'full');
SELECT ideamine.terminate_worker(:'full');
SELECT status FROM ideamine.workers WHERE worker_id = :'full';

CALL pg_temp.refused('SELECT ideamine.drain_worker(NULL)');
CALL pg_temp.refused($$SELECT ideamine.drain_worker('00000000-0000-0000-0000-000000000000')$$);
CALL pg_temp.refused('SELECT ideamine.terminate_worker(NULL)');
CALL pg_temp.refused($$SELECT ideamine.terminate_worker('00000000-0000-0000-0000-000000000000')$$);

-- Those that ended are forgotten after ideamine.job_retention, those that live never.
SELECT status, count(*) FROM ideamine.workers GROUP BY status ORDER BY status;
SELECT ideamine.purge_workers(), ideamine.purge_workers(now() + interval '29 days'), ideamine.purge_workers('-infinity');
SELECT ideamine.purge_workers(now() + interval '31 days');
SELECT status, count(*) FROM ideamine.workers GROUP BY status ORDER BY status;
SELECT ideamine.purge_workers('infinity');
CALL pg_temp.refused('SELECT * FROM ideamine.heartbeat(%L)', :'plain');
