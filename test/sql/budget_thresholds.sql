-- act_on_budgets, enforce_closings, reopen_jobs, sweep_budgets, pause_run, resume_run: budgets that act, and runs that are paused.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.budgets, ideamine.budget_events,
  ideamine.closings, ideamine.workflow_runs, ideamine.cost_events, ideamine.cost_keys, ideamine.cost_reservations,
  ideamine.preemption_history, ideamine.events;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
\set run '00000000-0000-7000-8000-000000000001'
\set other '00000000-0000-7000-8000-000000000002'
CREATE FUNCTION pg_temp.make(tenant text, name text, class text, run uuid DEFAULT NULL, project text DEFAULT NULL) RETURNS uuid
LANGUAGE sql AS $$
  SELECT job_id FROM ideamine.create_job(tenant, name, priority_class => class,
    options => jsonb_strip_nulls(jsonb_build_object('run', run, 'project', project)))
$$;
CREATE VIEW pg_temp.jobs AS SELECT tenant_id, job_type, priority_class AS class, status, waits_for, preemptions, preemption_reason
  FROM ideamine.jobs ORDER BY 1, 2;
CREATE VIEW pg_temp.fired AS SELECT tenant_id, scope, threshold, event_type, budget_total AS total, budget_spent AS spent,
    budget_remaining AS remaining, budget_percent_used AS percent, tasks_affected AS tasks, classes_preempted AS classes
  FROM ideamine.budget_events ORDER BY fired_at, event_id;
-- What the background worker does when it is called.
CREATE FUNCTION pg_temp.act() RETURNS TABLE (fired bigint, stopped bigint, reopened bigint, resumed bigint) LANGUAGE plpgsql AS $$
BEGIN
  fired := ideamine.act_on_budgets();
  stopped := ideamine.enforce_closings();
  reopened := ideamine.reopen_jobs();
  resumed := ideamine.resume_preempted_jobs();
  PERFORM ideamine.enforce_closings();
  RETURN NEXT;
END
$$;

SELECT ideamine.set_budget('acme', 'run', :'run', 10);
SELECT count(pg_temp.make('acme', 'runs ' || class, class, :'run')) FROM unnest('{P0,P1,P2,P3}'::text[]) class;
SELECT ideamine.register_worker('w') AS w \gset
SELECT count(*) FROM ideamine.acquire_jobs(:'w', 10);
SELECT count(pg_temp.make('acme', 'waits ' || class, class, :'run')) FROM unnest('{P0,P1,P2,P3}'::text[]) class;
SELECT count(pg_temp.make('acme', 'without ' || class, class)) FROM unnest('{P0,P3}'::text[]) class;

-- 50 %: it is told, and nothing is stopped. Each threshold fires once.
SELECT recorded FROM ideamine.record_cost('acme', 5, run => :'run');
SELECT * FROM pg_temp.act();
SELECT * FROM pg_temp.act();
TABLE pg_temp.fired;
SELECT state FROM ideamine.v_budget_status;

-- What a transaction has spent and rolls back crosses nothing.
BEGIN;
SELECT recorded FROM ideamine.record_cost('acme', 4, run => :'run');
ROLLBACK;
SELECT * FROM pg_temp.act();

-- 80 %: P3 gives way, and new ones wait.
SELECT recorded FROM ideamine.record_cost('acme', 3, run => :'run');
SELECT * FROM pg_temp.act();
TABLE pg_temp.fired;
TABLE pg_temp.jobs;
SELECT pg_temp.make('acme', 'later P3', 'P3', :'run') AS later \gset
SELECT job_type FROM ideamine.acquire_jobs(:'w', 100) ORDER BY 1;
SELECT * FROM pg_temp.jobs WHERE job_type LIKE 'later%';
SELECT reason, regexp_replace(explanation, 'since .*:', 'since …:') AS explanation, until FROM ideamine.explain_job('acme', :'later');
SELECT resumed, regexp_replace(obstacle, 'since .*:', 'since …:') AS obstacle
FROM ideamine.resume_preempted_job('acme', (SELECT job_id FROM ideamine.jobs WHERE status = 'preempted'));
SELECT state FROM ideamine.v_budget_status;
-- Preempted for a budget does not count, and is no result of the worker's any more.
SELECT count(*) FROM ideamine.preemption_history WHERE reason = 'budget_exceeded';
DO $$
BEGIN
  PERFORM ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE status = 'preempted';
  RAISE 'it was completed';
EXCEPTION WHEN SQLSTATE 'ID409' THEN
END
$$;

-- 96 %: what was passed by the way fires as well. The run is paused; P0 may finish.
SELECT recorded FROM ideamine.record_cost('acme', 1.6, run => :'run');
SELECT * FROM pg_temp.act();
TABLE pg_temp.fired;
TABLE pg_temp.jobs;
SELECT run_id = :'run' AS run, status, pause_reason, paused_at IS NOT NULL AS since FROM ideamine.workflow_runs;
SELECT scope, cause, classes, reason, opens_at, stopping, stopped, set_aside FROM ideamine.closings;
SELECT pg_temp.make('acme', 'later P0', 'P0', :'run') IS NOT NULL AS made;
SELECT count(*) FROM ideamine.acquire_jobs(:'w', 100);
SELECT status FROM pg_temp.jobs WHERE job_type = 'later P0';
SELECT state, next_threshold FROM ideamine.v_budget_status;
SELECT event_type, count(*) FROM ideamine.events GROUP BY 1 ORDER BY 1;
SELECT payload - 'budget_event' AS payload FROM ideamine.events WHERE event_type = 'run-paused-for-budget';
-- Whoever gave way is told what for, and what for it waits.
SELECT DISTINCT e.state, regexp_replace(e.explanation, 'since .*: ', 'since …: ') AS explanation FROM ideamine.jobs AS j, ideamine.explain_preemption(j.job_id) AS e
WHERE j.status = 'preempted' AND e.state = 'waiting';
SELECT DISTINCT e.reason, regexp_replace(e.explanation, 'since .*: ', 'since …: ') AS explanation FROM ideamine.jobs AS j, ideamine.explain_job(j.tenant_id, j.job_id) AS e
WHERE j.status = 'preempted' ORDER BY e.reason;
-- A restart, as far as memory goes.
SELECT ideamine.reload_counters() > 0 AS reloaded, ideamine.sweep_budgets();

-- Raised to where only the first threshold is reached: the others are armed again, and what they stopped comes back.
SELECT * FROM ideamine.set_budget('acme', 'run', :'run', 15);
SELECT * FROM pg_temp.act();
TABLE pg_temp.jobs;
SELECT status, pause_reason FROM ideamine.workflow_runs;
SELECT * FROM ideamine.closings;
SELECT count(*) FROM ideamine.acquire_jobs(:'w', 100);
SELECT recorded FROM ideamine.record_cost('acme', 2.4, run => :'run');
SELECT * FROM pg_temp.act();
SELECT threshold, event_type, spent, tasks, classes FROM pg_temp.fired ORDER BY spent DESC LIMIT 1;
-- Lowered, so that all are reached: what had fired stays so.
SELECT * FROM ideamine.set_budget('acme', 'run', :'run', 1);
SELECT * FROM pg_temp.act();
SELECT threshold, percent, tasks FROM pg_temp.fired WHERE total = 1;
SELECT status FROM ideamine.workflow_runs;
-- Removed by hand: it closes nothing any more.
DELETE FROM ideamine.budgets;
SELECT reopened > 0 AS reopened FROM pg_temp.act();
SELECT count(*) FROM ideamine.closings;
SELECT status FROM ideamine.workflow_runs;

-- Of a project, and of a tenant; each of its own action.
TRUNCATE ideamine.jobs, ideamine.budget_events, ideamine.cost_events;
SELECT ideamine.reload_counters() >= 0 AS reloaded;
SELECT ideamine.set_budget('acme', 'project', 'search', 10, '{"warn_at": {"action": "none"}, "throttle_at": {"action": "preempt-P2-P3"}}', 'day');
SELECT ideamine.set_budget('acme', 'tenant', NULL, 100, '{"warn_at": {"at": 0.1, "action": "preempt-P3"}}', 'month');
SELECT count(pg_temp.make('acme', name || ' ' || class, class, run::uuid, project))
FROM unnest('{P1,P2,P3}'::text[]) class, (VALUES ('run', :'other', 'search'), ('in', NULL, 'search'), ('elsewhere', NULL, 'ads')) j (name, run, project);
SELECT count(pg_temp.make('globex', 'mine ' || class, class, :'other', 'search')) FROM unnest('{P1,P2,P3}'::text[]) class;
SELECT count(*) FROM ideamine.acquire_jobs(:'w', 100);
SELECT recorded FROM ideamine.record_cost('acme', 8, project => 'search');
SELECT * FROM pg_temp.act();
TABLE pg_temp.fired;
TABLE pg_temp.jobs;
SELECT recorded FROM ideamine.record_cost('acme', 2, project => 'ads');
SELECT * FROM pg_temp.act();
SELECT scope, threshold, event_type, tasks FROM pg_temp.fired WHERE scope = 'tenant';
SELECT job_type, class, status FROM pg_temp.jobs WHERE tenant_id = 'acme' AND class > 'P1';
-- A class that is closed for all of a tenant is not even looked at; others' jobs are.
SELECT pg_temp.make('acme', 'new P3', 'P3') IS NOT NULL AND pg_temp.make('globex', 'new P3', 'P3') IS NOT NULL AS made;
SELECT tenant_id, job_type FROM ideamine.acquire_jobs(:'w', 100);
SELECT job_type, status FROM pg_temp.jobs WHERE job_type = 'new P3';
-- The next day the project's jobs come back, but those whose class its tenant has closed.
UPDATE ideamine.closings SET opens_at = now() WHERE scope = 'project';
SELECT reopened FROM pg_temp.act();
SELECT job_type, class, status FROM pg_temp.jobs WHERE tenant_id = 'acme' AND class > 'P1';
DELETE FROM ideamine.budgets;
SELECT reopened > 0 AS reopened FROM pg_temp.act();

-- A run that is paused by hand, and one that is paused for both reasons.
TRUNCATE ideamine.jobs, ideamine.workflow_runs, ideamine.budget_events, ideamine.cost_events;
SELECT ideamine.reload_counters() >= 0 AS reloaded;
SELECT count(pg_temp.make('acme', 'runs ' || class, class, :'run')) FROM unnest('{P0,P2}'::text[]) class;
SELECT count(*) FROM ideamine.acquire_jobs(:'w', 100);
SELECT count(pg_temp.make('acme', 'waits ' || class, class, :'run')) FROM unnest('{P0,P2}'::text[]) class;
SELECT ideamine.pause_run('acme', :'run', 'we look into it'), ideamine.pause_run('acme', :'run');
SELECT * FROM pg_temp.act();
TABLE pg_temp.jobs;
SELECT status, pause_reason FROM ideamine.workflow_runs;
SELECT ideamine.set_budget('acme', 'run', :'run', 1);
SELECT recorded FROM ideamine.record_cost('acme', 1, run => :'run');
SELECT * FROM pg_temp.act();
SELECT ideamine.resume_run('acme', :'run'), ideamine.resume_run('acme', :'run');
SELECT * FROM pg_temp.act();
SELECT status, pause_reason FROM ideamine.workflow_runs;
SELECT armed_again FROM ideamine.set_budget('acme', 'run', :'run', 10);
SELECT * FROM pg_temp.act();
SELECT status, pause_reason FROM ideamine.workflow_runs;
TABLE pg_temp.jobs;

-- A budget of nothing fires at once; one without limit never does.
SELECT ideamine.set_budget('globex', 'tenant', NULL, 0), ideamine.set_budget('globex', 'project', 'x', 'infinity');
SELECT fired FROM pg_temp.act();
SELECT scope, threshold, total, percent FROM pg_temp.fired WHERE tenant_id = 'globex';

-- Costs that were recorded before there was a budget count when they are committed, and not before.
BEGIN;
SELECT recorded FROM ideamine.record_cost('acme', 1, run => :'other');
SELECT ideamine.set_budget('acme', 'run', :'other', 5);
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, 1, run => %L)', 'acme', :'other');
CALL pg_temp.refused('SELECT ideamine.check_budget(%L, 1, run => %L)', 'acme', :'other');
COMMIT;
SELECT allowed, remaining FROM ideamine.check_budget('acme', 1, run => :'other');

CALL pg_temp.refused('SELECT ideamine.pause_run(%L, NULL)', 'acme');
CALL pg_temp.refused('SELECT ideamine.pause_run(%L, %L)', 'nobody', :'run');
CALL pg_temp.refused('SELECT ideamine.resume_run(%L, %L)', 'nobody', :'run');
DELETE FROM ideamine.budgets;
SELECT state, count(*) FROM ideamine.audit_counters() WHERE state <> 'ok' GROUP BY 1;
