-- needs.cost: what running jobs may come to is held in their budgets, together with their quotas, from the claim to the end of the attempt.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.budgets, ideamine.budget_events,
  ideamine.closings, ideamine.workflow_runs, ideamine.cost_events, ideamine.cost_keys, ideamine.cost_reservations;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('payer');
\set run '00000000-0000-7000-8000-000000000001'
SELECT ideamine.set_budget('payer', 'run', :'run', 10);
SELECT ideamine.set_budget('payer', 'project', 'search', 100, period => 'month');
CREATE FUNCTION pg_temp.make(name text, needs jsonb, run uuid DEFAULT '00000000-0000-7000-8000-000000000001') RETURNS uuid LANGUAGE sql AS $$
  SELECT job_id FROM ideamine.create_job('payer', name, options => jsonb_strip_nulls(jsonb_build_object('run', run, 'project', 'search', 'needs', needs)))
$$;
CREATE FUNCTION pg_temp.of(name text) RETURNS ideamine.jobs LANGUAGE sql AS $$ SELECT * FROM ideamine.jobs WHERE job_type = name $$;
CREATE VIEW pg_temp.held AS SELECT scope, spent, held FROM ideamine.v_budget_status ORDER BY scope;
SELECT ideamine.register_worker('w') AS w \gset

SELECT count(pg_temp.make(name, '{"cost": 4}')) FROM unnest('{one,two,three}'::text[]) name;
SELECT pg_temp.make('plain', NULL) IS NOT NULL AND pg_temp.make('without run', '{"cost": 93}', NULL) IS NOT NULL AS made;
SELECT needs FROM pg_temp.of('one');
-- Two fit into the budget of the run, and what needs more than the project has left does not; others go on.
SELECT job_type FROM ideamine.acquire_jobs(:'w', 10);
TABLE pg_temp.held;
SELECT reason, explanation FROM ideamine.explain_job('payer', (pg_temp.of('three')).job_id) WHERE reason = 'budget';
SELECT reason, explanation FROM ideamine.explain_job('payer', (pg_temp.of('without run')).job_id) WHERE reason = 'budget';
SELECT allowed, remaining FROM ideamine.check_budget('payer', 3, run => :'run');

-- The end of an attempt lets it go, whichever end that is; a rollback does not.
BEGIN;
SELECT ideamine.complete_job('payer', job_id, epoch) IS NOT NULL AS completed FROM pg_temp.of('one');
ROLLBACK;
TABLE pg_temp.held;
SELECT recorded FROM pg_temp.of('one') j, ideamine.record_cost('payer', 1.5, run => :'run', job => j.job_id, project => 'search');
SELECT ideamine.complete_job('payer', job_id, epoch) IS NOT NULL AS completed FROM pg_temp.of('one');
TABLE pg_temp.held;
SELECT job_type FROM ideamine.acquire_jobs(:'w', 10);
SELECT f.status FROM pg_temp.of('two') j, ideamine.fail_job('payer', j.job_id, j.epoch, 'again', retry_after => '1 day') f;
TABLE pg_temp.held;
SELECT preempted FROM pg_temp.of('three') j, ideamine.preempt_job('payer', j.job_id, 'make room');
TABLE pg_temp.held;
SELECT ideamine.resume_preempted_jobs();
SELECT job_type FROM ideamine.acquire_jobs(:'w', 10);
SELECT cancelled FROM pg_temp.of('three') j, ideamine.cancel_job('payer', j.job_id) cancelled;
TABLE pg_temp.held;
SELECT state, estimate, by_claim, expires_at, count(*) FROM ideamine.cost_reservations GROUP BY 1, 2, 3, 4 ORDER BY 1, 2;

-- Quota and money are held together or not at all. Who takes so much that its tenant is throttled is handed out itself.
SELECT ideamine.set_quotas('payer', max_gpus => 1, throttle_enabled => true) IS NOT NULL AS set;
SELECT count(pg_temp.make('gpu ' || i, '{"cost": 2, "gpu": 1}')) FROM generate_series(1, 2) i;
SELECT job_type FROM ideamine.acquire_jobs(:'w', 10);
SELECT ideamine.set_quotas('payer', throttle_enabled => false) IS NOT NULL AS set;
TABLE pg_temp.held;
SELECT ideamine.release_job('payer', job_id, epoch) IS NOT NULL AS released FROM pg_temp.of('gpu 1');
SELECT pg_temp.make('too dear', '{"cost": 9, "gpu": 1}') IS NOT NULL AS made;
SELECT job_type FROM ideamine.acquire_jobs(:'w', 10);
TABLE pg_temp.held;
SELECT used FROM ideamine.get_resource_utilization('payer') WHERE resource = 'gpu';
SELECT state, count(*) FROM ideamine.audit_counters() GROUP BY 1;

-- Counters that are loaded anew know it. What a job held that was removed by hand does not block the budget for ever.
SELECT ideamine.reload_counters() > 0 AS reloaded;
TABLE pg_temp.held;
DELETE FROM ideamine.jobs WHERE status = 'running' AND job_type LIKE 'gpu%';
SELECT ideamine.expire_cost_reservations();
TABLE pg_temp.held;

CALL pg_temp.refused('SELECT pg_temp.make(%L, %L)', 'bad', '{"cost": 0}');
CALL pg_temp.refused('SELECT pg_temp.make(%L, %L)', 'bad', '{"cost": "4"}');
CALL pg_temp.refused('SELECT pg_temp.make(%L, %L)', 'bad', '{"tokens": 4}');
