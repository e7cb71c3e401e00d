-- get_preemption_candidates, select_preemption_victims, save_checkpoint: who would give way, and why.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts,
  ideamine.preemption_history, ideamine_internal.stop_notices;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme', tier => 'enterprise'), ideamine.create_tenant('globex', tier => 'enterprise');
SELECT ideamine.register_worker('test') AS worker \gset
-- each runs from its own moment on
CREATE FUNCTION pg_temp.run(tenant text, type text, class text, needs jsonb DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ideamine.create_job(tenant, type, '{}', class, options => jsonb_strip_nulls(jsonb_build_object('needs', needs)));
  PERFORM ideamine.acquire_jobs((SELECT worker_id FROM ideamine.workers));
END
$$;
SELECT pg_temp.run('acme', 'critical', 'P0', '{"cpu": 8}'), pg_temp.run('acme', 'first', 'P3', '{"cpu": 2}'), pg_temp.run('acme', 'second', 'P3', '{"cpu": 2, "memory": 4}'),
  pg_temp.run('acme', 'third', 'P3', '{"gpu": 1}'), pg_temp.run('acme', 'plain', 'P3'), pg_temp.run('acme', 'normal', 'P2', '{"cpu": 4}'),
  pg_temp.run('acme', 'user', 'P1', '{"cpu": 16}'), pg_temp.run('globex', 'theirs', 'P3', '{"cpu": 1}');
CREATE FUNCTION pg_temp.who(tenant text, class text, resource text DEFAULT NULL, most integer DEFAULT 100) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(j.job_type, ', ' ORDER BY c.ordinality) FROM ideamine.get_preemption_candidates(tenant, class, resource, most) WITH ORDINALITY AS c
  JOIN ideamine.jobs AS j USING (job_id)
$$;
CREATE FUNCTION pg_temp.victims(tenant text, class text, resource text, amount numeric) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(j.job_type, ', ' ORDER BY c.ordinality) FROM ideamine.select_preemption_victims(tenant, class, resource, amount) WITH ORDINALITY AS c
  JOIN ideamine.jobs AS j USING (job_id)
$$;

-- The lowest class first, then who began last; strictly lower classes, and never P0.
SELECT class, pg_temp.who('acme', class) FROM unnest('{P0,P1,P2,P3}'::text[]) AS class;
SELECT resource, pg_temp.who('acme', 'P1', resource) FROM unnest('{cpu,memory,gpu}'::text[]) AS resource;
SELECT pg_temp.who('acme', 'P1', 'cpu', 1), pg_temp.who('globex', 'P1'), pg_temp.who(NULL, 'P1', 'cpu');
SELECT j.job_type, c.priority_class, c.work_lost > '0' AS lost, c.preemptions, c.cpu, c.memory, c.gpu, c.run_id, c.checkpoint_at
FROM ideamine.get_preemption_candidates('acme', 'P2') AS c JOIN ideamine.jobs AS j USING (job_id) ORDER BY work_lost;

-- Who has saved a checkpoint loses less.
SELECT ideamine.save_checkpoint('acme', job_id, epoch, '{"page": 3}') FROM ideamine.jobs WHERE job_type = 'first';
SELECT pg_temp.who('acme', 'P2');
SELECT checkpoint, checkpoint_at > started_at AS saved FROM ideamine.jobs WHERE job_type = 'first';
BEGIN;
SELECT ideamine.save_checkpoint('acme', job_id, epoch, '{"page": 4}') FROM ideamine.jobs WHERE job_type = 'second';
ROLLBACK;
SELECT pg_temp.who('acme', 'P2');

-- Another class, also while it runs.
SELECT a.priority_class FROM ideamine.jobs AS j, ideamine.assign_priority('acme', j.job_id, 'P1') AS a WHERE job_type = 'first';
SELECT pg_temp.who('acme', 'P1');
SELECT a.priority_class FROM ideamine.jobs AS j, ideamine.assign_priority('acme', j.job_id, 'P3') AS a WHERE job_type = 'first';
SELECT pg_temp.who('acme', 'P1');

-- As few as possible, and a higher class only if lower ones are not enough.
SELECT amount, pg_temp.victims('acme', 'P1', 'cpu', amount) FROM unnest('{1,2,3,4,5,6,8,9}'::numeric[]) AS amount;
SELECT pg_temp.victims('acme', 'P0', 'cpu', 20), pg_temp.victims('acme', 'P2', 'memory', 0.5), pg_temp.victims(NULL, 'P2', 'cpu', 5);

-- Who was resumed a short time ago is left alone, and who gave way as often as it may is spared if so set.
SELECT p.status FROM ideamine.jobs AS j, ideamine.preempt_job('acme', j.job_id, 'make room') AS p WHERE job_type = 'plain';
SELECT ideamine.resume_preempted_jobs();
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT pg_temp.who('acme', 'P2');
SET ideamine.preemption_cooldown = 0;
SELECT pg_temp.who('acme', 'P2');
SET ideamine.max_preemptions = 1;
SELECT pg_temp.who('acme', 'P2');
SET ideamine.fail_at_max_preemptions = off;
SELECT pg_temp.who('acme', 'P2');
RESET ideamine.fail_at_max_preemptions;
RESET ideamine.max_preemptions;
RESET ideamine.preemption_cooldown;

-- Loaded from the table they stand in the same order.
SELECT ideamine.reload_dispatch();
SELECT pg_temp.who('acme', 'P1'), pg_temp.who(NULL, 'P0', 'cpu');

-- What has ended gives way no more.
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type IN ('second', 'normal', 'user') ORDER BY job_type;
SELECT pg_temp.who('acme', 'P0');

-- Bad input.
CALL pg_temp.refused('SELECT * FROM ideamine.get_preemption_candidates(%L, NULL)', 'acme');
CALL pg_temp.refused('SELECT * FROM ideamine.get_preemption_candidates(%L, %L)', 'acme', 'P7');
CALL pg_temp.refused('SELECT * FROM ideamine.get_preemption_candidates(%L, %L, %L)', 'acme', 'P1', 'tokens');
CALL pg_temp.refused('SELECT * FROM ideamine.get_preemption_candidates(%L, %L, max_jobs => 0)', 'acme', 'P1');
CALL pg_temp.refused('SELECT * FROM ideamine.get_preemption_candidates(%L, %L)', 'nobody', 'P1');
CALL pg_temp.refused('SELECT * FROM ideamine.select_preemption_victims(%L, %L, NULL, 1)', 'acme', 'P1');
CALL pg_temp.refused('SELECT * FROM ideamine.select_preemption_victims(%L, %L, %L, 0)', 'acme', 'P1', 'cpu');
CALL pg_temp.refused('SELECT ideamine.save_checkpoint(%L, job_id, epoch, %L) FROM ideamine.jobs WHERE job_type = %L', 'acme', '1', 'second');
CALL pg_temp.refused('SELECT ideamine.save_checkpoint(%L, job_id, epoch, NULL) FROM ideamine.jobs WHERE job_type = %L', 'acme', 'first');
