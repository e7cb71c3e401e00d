-- acquire_jobs: who gets which jobs, in which order, and the leases on them.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant(name) FROM unnest('{acme,bolt,core,dyne}'::text[]) AS name;
SELECT ideamine.register_worker('test') AS worker \gset
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts';

-- The highest class goes first.
SELECT count(*) FROM unnest('{P2,P0,P3,P1,P2,P0}'::text[]) AS class,
  ideamine.create_job('acme', class, priority_class => class);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 3);
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);

-- Nothing is given twice; no row: nothing to do now.
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT ideamine.register_worker('another') AS another \gset
SELECT job_type FROM ideamine.acquire_jobs(:'another', 10);

-- A class goes before the turns of tenants: P0 of one tenant before P1 of others.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM (VALUES ('acme', 'P1'), ('bolt', 'P0'), ('core', 'P1'), ('core', 'P0')) AS job (tenant, class),
  ideamine.create_job(tenant, tenant || ' ' || class, priority_class => class);
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'worker', 2);
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'worker', 2);

-- Within a tenant the job that has been ready longest goes first, whoever asks.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM generate_series(1, 9) AS i, ideamine.create_job('acme', 'job ' || i);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 3);
SELECT job_type FROM ideamine.acquire_jobs(:'another', 3);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 3);

-- That goes by when it became ready, not by when it was created.
CALL pg_temp.forget_jobs();
SELECT job_id AS first FROM ideamine.create_job('acme', 'before') \gset
SELECT created FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY[:'first']::uuid[]);
SELECT created FROM ideamine.create_job('acme', 'meanwhile');
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT ideamine.complete_job('acme', :'first', :epoch);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);

-- The first row is the job to begin with, also after a hand-back.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM generate_series(1, 3) AS i, ideamine.create_job('acme', 'job ' || i);
SELECT count(ideamine.release_job(tenant_id, job_id, epoch)) FROM ideamine.acquire_jobs(:'worker', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 3);

-- Also between jobs that require different things.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('able', '{gpu,arm,ssd}') AS able \gset
SELECT count(*) FROM (VALUES (1, '[]'::jsonb), (2, '["gpu"]'), (3, '[]'), (4, '["arm", "gpu"]'), (5, '["gpu"]')) AS job (i, needs),
  ideamine.create_job('acme', 'job ' || i, options => jsonb_build_object('required_capabilities', needs));
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'able', 2);
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'able', 2);
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'able', 2);

-- As get_runnable_jobs() lists them.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM generate_series(0, 8) AS i, ideamine.create_job('acme', 'job ' || i, priority_class => 'P' || i % 2,
  options => jsonb_build_object('required_capabilities', CASE i % 3 WHEN 0 THEN '["gpu"]'::jsonb ELSE '[]' END));
SELECT array_agg(job_type ORDER BY position) AS listed FROM ideamine.get_runnable_jobs('acme') \gset
SELECT :'listed' AS listed;
CREATE TEMP TABLE taken (n serial, job_type text);
DO $$
DECLARE
  able uuid := (SELECT worker_id FROM ideamine.workers WHERE worker_type = 'able');
BEGIN
  FOR i IN 1..9 LOOP
    INSERT INTO taken (job_type) SELECT job_type FROM ideamine.acquire_jobs(able);
  END LOOP;
END
$$;
SELECT array_agg(job_type ORDER BY n)::text = :'listed' AS taken_as_listed FROM taken;

-- Tenants take turns, one job at a time, beginning with who came first; it goes on where it stopped. These have had
-- nothing so far.
SELECT count(ideamine.create_tenant(tenant))
FROM unnest('{west,north,east,south,red,green,blue,grey,one,two,three,spring,autumn}'::text[]) AS tenant;
CALL pg_temp.forget_jobs();
SELECT count(*) FROM generate_series(1, 3) AS i, unnest('{west,north,east,south}'::text[]) AS tenant,
  ideamine.create_job(tenant, tenant || ' ' || i);
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT job_type FROM ideamine.acquire_jobs(:'another');
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT job_type FROM ideamine.acquire_jobs(:'another');
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 4) GROUP BY tenant_id ORDER BY tenant_id;
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'worker', 2);

-- Several at once are dealt one by one. A tenant with less than its share gives the rest to the others.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM (VALUES ('red', 50), ('green', 2), ('blue', 5), ('grey', 1)) AS t (tenant, jobs),
  generate_series(1, jobs) AS i, ideamine.create_job(tenant, 'job ' || i);
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 3) GROUP BY tenant_id ORDER BY tenant_id;
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 9) GROUP BY tenant_id ORDER BY tenant_id;
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 100) GROUP BY tenant_id ORDER BY tenant_id;

-- However few the others have, tenants that have enough get the same, give or take one.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM (VALUES ('one', 9), ('two', 1), ('three', 9)) AS t (tenant, jobs),
  generate_series(1, jobs) AS i, ideamine.create_job(tenant, 'job ' || i);
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'worker', 5) GROUP BY tenant_id ORDER BY tenant_id;

-- A tenant with a long backlog, one with a short one: the short one is done after as many turns as it has jobs.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM generate_series(1, 100) AS i, ideamine.create_job('acme', 'long ' || i);
SELECT count(*) FROM generate_series(1, 3) AS i, ideamine.create_job('bolt', 'short ' || i);
SELECT count(*) AS taken, count(*) FILTER (WHERE tenant_id = 'bolt') AS of_the_short_one FROM ideamine.acquire_jobs(:'worker', 6);

-- Each class has turns of its own.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM unnest('{spring,autumn}'::text[]) AS tenant, unnest('{P0,P2}'::text[]) AS class, generate_series(1, 2) AS i,
  ideamine.create_job(tenant, tenant || ' ' || class, jsonb_build_object('n', i), class);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'worker', 2);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);

-- A worker gets jobs that require no more than it can do, one that can do everything gets all.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('gpu only', '{gpu}') AS gpu \gset
SELECT count(*) FROM unnest(ARRAY['[]', '["gpu"]', '["arm"]', '["arm", "gpu"]', '["zap"]']::jsonb[]) AS needs,
  ideamine.create_job('acme', needs::text, options => jsonb_build_object('required_capabilities', needs));
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'gpu', 10);
SELECT array_agg(job_type ORDER BY job_type) FROM ideamine.acquire_jobs(:'able', 10);
SELECT array_agg(job_type) AS nobody_can FROM ideamine.get_runnable_jobs('acme');

-- A backlog that nobody can serve holds up nobody, in whichever class it stands.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', (
  SELECT jsonb_agg(jsonb_build_object('job_type', 'hopeless', 'priority_class', 'P0',
                                      'required_capabilities', jsonb_build_array('c' || i % 50)))
  FROM generate_series(1, 5000) AS i));
SELECT created FROM ideamine.create_job('bolt', 'possible', priority_class => 'P3');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);

-- Tenants that a worker does not serve are passed over.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('restricted', tenants => '{core,acme}') AS restricted \gset
SELECT count(*) FROM unnest('{acme,bolt,core,dyne}'::text[]) AS tenant, generate_series(1, 3) AS i,
  ideamine.create_job(tenant, 'job ' || i);
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'restricted', 4) GROUP BY tenant_id ORDER BY tenant_id;
SELECT tenant_id, count(*) FROM ideamine.acquire_jobs(:'restricted', 10) GROUP BY tenant_id ORDER BY tenant_id;
SELECT count(*) FROM ideamine.acquire_jobs(:'restricted', 10);

-- Never more than its capacity at once; what it ends makes room.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('small', capacity => 3) AS small \gset
SELECT count(*) FROM generate_series(1, 9) AS i, ideamine.create_job('acme', 'job ' || i);
SELECT count(*) FROM ideamine.acquire_jobs(:'small', 2);
SELECT count(*) FROM ideamine.acquire_jobs(:'small', 2);
SELECT count(*) FROM ideamine.acquire_jobs(:'small', 2);
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'job 1';
SELECT job_type FROM ideamine.acquire_jobs(:'small', 10);

-- A draining worker gets nothing, and keeps what it has.
SELECT ideamine.drain_worker(:'another');
SELECT job_type FROM ideamine.acquire_jobs(:'another', 10);

-- A degraded one still works.
SELECT ideamine.register_worker('doubtful') AS doubtful \gset
UPDATE ideamine.workers SET status = 'degraded' WHERE worker_id = :'doubtful';
SELECT job_type FROM ideamine.acquire_jobs(:'doubtful');

-- Scheduled jobs that have come due are found, also where the background worker has not yet looked, after those that were ready.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('later') AS later \gset
SELECT count(*) FROM generate_series(1, 3) AS i,
  ideamine.create_job('acme', 'in ' || i || ' h', run_at => now() + i * interval '1 hour');
SELECT job_type FROM ideamine.acquire_jobs(:'later', 10);
UPDATE ideamine.jobs SET run_at = run_at - interval '150 minutes';
SELECT job_type FROM ideamine.acquire_jobs(:'later', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'later', 10);

-- What a worker gets. The lease ends after ideamine.lease_duration or after what it asked for, the deadline is by timeout.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM generate_series(1, 4) AS i,
  ideamine.create_job('acme', 'job ' || i, jsonb_build_object('n', i), options => CASE WHEN i > 1 THEN '{"timeout": "10 min"}'::jsonb END);
CREATE TEMP TABLE got AS SELECT * FROM ideamine.acquire_jobs(:'later');
INSERT INTO got SELECT * FROM ideamine.acquire_jobs(:'later', lease => '1 s');
INSERT INTO got SELECT * FROM ideamine.acquire_jobs(:'later', lease => '1 day');
SET ideamine.lease_duration = '2min';
INSERT INTO got SELECT * FROM ideamine.acquire_jobs(:'later');
RESET ideamine.lease_duration;
SELECT g.tenant_id, g.job_type, g.payload, g.attempt, g.checkpoint, g.lease_expires_at - j.started_at AS lease,
       g.deadline - j.started_at AS deadline, g.epoch = j.epoch AS same_epoch
FROM got g JOIN ideamine.jobs j USING (job_id) ORDER BY g.job_type;
SELECT j.job_type, j.status, j.attempt, j.lease, j.worker_id = :'later' AS its_worker,
       j.started_at BETWEEN now() - interval '1 minute' AND clock_timestamp() AS started_now
FROM ideamine.jobs j ORDER BY job_type;

-- An epoch has the incarnation of the server in its upper half. It grows with each claim of a job, from 1 in the lower half.
SELECT epoch >> 32 = (SELECT incarnation FROM ideamine_internal.incarnation) AS of_this_start, epoch & 4294967295 AS n
FROM ideamine.jobs GROUP BY 1, 2;
SELECT count(ideamine.release_job(tenant_id, job_id, epoch)) FROM got;
SELECT g.job_type, a.epoch - g.epoch AS growth, a.attempt FROM ideamine.acquire_jobs(:'later', 10) a JOIN got g USING (job_id)
ORDER BY g.job_type;

-- An epoch that another server gave, of an older start or a newer one, is never reached again: there is a new incarnation
-- above both.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM unnest('{"far ahead","long ago"}'::text[]) AS job,
  ideamine.create_job('acme', job);
UPDATE ideamine.jobs SET epoch = CASE job_type WHEN 'far ahead' THEN 1000000::bigint << 32 | 7 ELSE 12 END;
CREATE TEMP TABLE newer AS SELECT * FROM ideamine.acquire_jobs(:'later', 2);
SELECT job_type, epoch > (1000000::bigint << 32 | 7) AS greater, epoch >> 32 = (SELECT incarnation FROM ideamine_internal.incarnation) AS of_this_start
FROM newer ORDER BY job_type;

-- Times that the server knows and the library does not, after the year 294246, count as infinite; a job that somebody
-- has given one all the same does not keep others from theirs.
CALL pg_temp.forget_jobs();
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'last', run_at => '294276-12-31')$$);
SELECT ideamine.register_worker('late', '{gpu}') AS late \gset
SELECT count(*) FROM (VALUES ('last', '[]'), ('next', '["gpu"]')) AS job (name, needs),
  ideamine.create_job('acme', name, options => jsonb_build_object('required_capabilities', needs::jsonb));
UPDATE ideamine.jobs SET ready_at = '294276-12-31' WHERE job_type = 'last';
SELECT job_type FROM ideamine.acquire_jobs(:'late', 10) WHERE job_type = 'next';

-- The checkpoint of an earlier attempt is handed on.
CALL pg_temp.forget_jobs();
SELECT created FROM ideamine.create_job('acme', 'long');
SELECT ideamine.release_job(tenant_id, job_id, epoch, '{"page": 7}') FROM ideamine.acquire_jobs(:'later');
SELECT checkpoint, attempt FROM ideamine.acquire_jobs(:'later');

-- What is paused or preempted, blocked or ended, is not given.
UPDATE ideamine.jobs SET status = 'pending';
SELECT count(*) FROM unnest(enum_range(NULL::ideamine.job_status)::text[]) AS status,
  ideamine.create_job('acme', status);
UPDATE ideamine.jobs SET status = job_type::ideamine.job_status WHERE job_type <> 'long';
SELECT ideamine.reload_dispatch();
SELECT job_type FROM ideamine.acquire_jobs(:'later', 20) ORDER BY job_type;

-- A claim that rolls back gives the job back, without an attempt.
CALL pg_temp.forget_jobs();
SELECT created FROM ideamine.create_job('acme', 'x');
BEGIN;
SELECT attempt FROM ideamine.acquire_jobs(:'later');
ROLLBACK;
SELECT status, attempt, epoch, worker_id FROM ideamine.jobs;
BEGIN;
SAVEPOINT before;
SELECT attempt FROM ideamine.acquire_jobs(:'later');
ROLLBACK TO before;
SELECT attempt FROM ideamine.acquire_jobs(:'later');
COMMIT;

-- Asking for work says that the worker lives.
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '6 minutes' WHERE worker_id = :'later';
SELECT job_type FROM ideamine.acquire_jobs(:'later');
SELECT last_heartbeat_at > now() - interval '10 s' AS lives FROM ideamine.workers WHERE worker_id = :'later';

-- Refused: arguments, unknown workers, workers that have ended.
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(NULL)');
CALL pg_temp.refused($$SELECT * FROM ideamine.acquire_jobs('00000000-0000-0000-0000-000000000000')$$);
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L, 0)', :'later');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L, -1)', :'later');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L, 10001)', :'later');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L, 1, %L)', :'later', '999 ms');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L, 1, %L)', :'later', '-1 s');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L, 1, %L)', :'later', '1 day 1 s');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L, 1, %L)', :'later', '178000000 years');
SELECT ideamine.terminate_worker(:'later');
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L)', :'later');
UPDATE ideamine.workers SET status = 'failed', ended_at = now() WHERE worker_id = :'gpu';
CALL pg_temp.refused('SELECT * FROM ideamine.acquire_jobs(%L)', :'gpu');
