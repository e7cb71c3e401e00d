-- set_budget, record_cost, check_budget, reserve_cost, settle_cost, release_cost, v_budget_status: money, exactly.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.budgets, ideamine.cost_events,
  ideamine.cost_keys, ideamine.cost_reservations;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
\set run '00000000-0000-7000-8000-000000000001'
\set other '00000000-0000-7000-8000-000000000002'
SELECT * FROM ideamine.set_budget('acme', 'run', :'run', 10);
SELECT * FROM ideamine.set_budget('acme', 'project', 'search', 100, '{"warn_at": 0.25, "throttle_at": {"action": "alert"}}', 'day');
SELECT * FROM ideamine.set_budget('acme', 'tenant', NULL, 1000, period => 'month');
CREATE VIEW pg_temp.standing AS SELECT scope, period, total, spent, held, remaining, percent_used, state, next_threshold, next_threshold_at, spent_last_hour
  FROM ideamine.v_budget_status WHERE tenant_id = 'acme' ORDER BY scope, period;

-- A cost counts in every budget that covers it, to the last nano-dollar.
SELECT recorded FROM ideamine.record_cost('acme', 0.000000001, run => :'run', project => 'search', model => 'gpt-4o', "user" => 'ann');
SELECT recorded FROM ideamine.record_cost('acme', 2.5, run => :'run');
SELECT recorded FROM ideamine.record_cost('acme', 3, project => 'search');
SELECT recorded FROM ideamine.record_cost('acme', 4, run => :'other');
SELECT recorded FROM ideamine.record_cost('acme', 0);
SELECT recorded FROM ideamine.record_cost('globex', 7, run => :'run');
TABLE pg_temp.standing;
SELECT amount, kind, tenant_id, project_id, user_id, model, run_id = :'run' AS the_run, day_start <= recorded_at AS in_its_day
FROM ideamine.cost_events ORDER BY event_id;

-- What is finer than a nano-dollar is rounded up.
SELECT recorded FROM ideamine.record_cost('acme', 0.0000000001, run => :'other');
SELECT amount FROM ideamine.cost_events ORDER BY event_id DESC LIMIT 1;

-- A rollback, and one to a savepoint, leave nothing.
BEGIN;
SELECT recorded FROM ideamine.record_cost('acme', 1, run => :'run');
SAVEPOINT s;
SELECT recorded FROM ideamine.record_cost('acme', 1, run => :'run');
ROLLBACK TO s;
SELECT spent, held FROM pg_temp.standing WHERE scope = 'run';
ROLLBACK;
SELECT spent, held FROM pg_temp.standing WHERE scope = 'run';

-- The same key is the same cost.
SELECT event_id AS first, recorded FROM ideamine.record_cost('acme', 0.5, run => :'run', idempotency_key => 'call 1') \gset
SELECT :'recorded' AS recorded;
SELECT event_id = :'first' AS same, recorded FROM ideamine.record_cost('acme', 0.5, run => :'run', idempotency_key => 'call 1');
SELECT spent FROM pg_temp.standing WHERE scope = 'run';
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, 0.6, idempotency_key => %L)', 'acme', 'call 1');
SELECT recorded FROM ideamine.record_cost('globex', 0.6, idempotency_key => 'call 1');

-- What is held counts for who asks, and not for thresholds; all budgets hold it or none.
SELECT allowed, remaining, reason, scope, period FROM ideamine.check_budget('acme', 5, run => :'run', project => 'search');
SELECT allowed, reservation_id AS r1, remaining FROM ideamine.reserve_cost('acme', 5, run => :'run', project => 'search') \gset
SELECT :'allowed' AS allowed, :remaining AS remaining;
TABLE pg_temp.standing;
SELECT * FROM ideamine.check_budget('acme', 3, run => :'run', project => 'search');
SELECT * FROM ideamine.reserve_cost('acme', 3, run => :'run', project => 'search');
SELECT allowed, remaining FROM ideamine.check_budget('acme', 3, project => 'search');
SELECT allowed, remaining FROM ideamine.check_budget('globex', 1000000);

-- It comes to less, or to nothing.
SELECT settled FROM ideamine.settle_cost(:'r1', 1.25);
SELECT settled, event_id FROM ideamine.settle_cost(:'r1', 1.25);
SELECT allowed, reservation_id AS r2 FROM ideamine.reserve_cost('acme', 5, run => :'run') \gset
SELECT ideamine.release_cost(:'r2'), ideamine.release_cost(:'r2');
CALL pg_temp.refused('SELECT * FROM ideamine.settle_cost(%L, 1)', :'r2');
CALL pg_temp.refused('SELECT ideamine.release_cost(%L)', :'r1');
TABLE pg_temp.standing;
SELECT kind, amount, reservation_id = :'r1' AS its_reservation, project_id FROM ideamine.cost_events WHERE reservation_id IS NOT NULL;
BEGIN;
SELECT allowed, reservation_id AS r3 FROM ideamine.reserve_cost('acme', 5, run => :'run') \gset
SELECT settled FROM ideamine.settle_cost(:'r3', 5);
SELECT spent, held FROM pg_temp.standing WHERE scope = 'run';
ROLLBACK;
SELECT spent, held FROM pg_temp.standing WHERE scope = 'run';

-- It expires; what was spent all the same is recorded.
SELECT allowed, reservation_id AS r4 FROM ideamine.reserve_cost('acme', 5, run => :'run', expires_in => '1 minute') \gset
SELECT ideamine.expire_cost_reservations();
SELECT spent, held FROM pg_temp.standing WHERE scope = 'run';
SELECT ideamine.expire_cost_reservations(now() + interval '1 minute');
SELECT spent, held FROM pg_temp.standing WHERE scope = 'run';
SELECT settled FROM ideamine.settle_cost(:'r4', 0.25);
SELECT spent, held FROM pg_temp.standing WHERE scope = 'run';

-- A hold of an attempt that has ended is unresolved, and counts.
SELECT ideamine.register_worker('test') AS worker \gset
SELECT job_id AS job FROM ideamine.create_job('acme', 'think') \gset
SELECT epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT allowed, reservation_id AS r5 FROM ideamine.reserve_cost('acme', 1, run => :'run', job => :'job') \gset
SELECT ideamine.expire_cost_reservations();
SELECT state FROM ideamine.cost_reservations WHERE reservation_id = :'r5';
SELECT status FROM ideamine.fail_job('acme', :'job', :epoch, 'gone');
SELECT ideamine.expire_cost_reservations();
SELECT state FROM ideamine.cost_reservations WHERE reservation_id = :'r5';
SELECT held FROM pg_temp.standing WHERE scope = 'run';
SELECT settled FROM ideamine.settle_cost(:'r5', 1);
SELECT held FROM pg_temp.standing WHERE scope = 'run';

-- Counters are loaded from tables, with the same sums.
SELECT ideamine.reload_counters() > 0 AS forgotten;
TABLE pg_temp.standing;
SELECT count(*) > 0 AS audited, bool_and(state = 'ok') AS ok FROM ideamine.audit_counters() WHERE scope = 'budget';

-- Spending is recorded whatever is left; a budget without a limit has none.
SELECT recorded FROM ideamine.record_cost('acme', 20, run => :'run');
SELECT spent, remaining, percent_used FROM pg_temp.standing WHERE scope = 'run';
SELECT created FROM ideamine.set_budget('acme', 'run', :'run', 'infinity');
SELECT total, remaining, percent_used, next_threshold FROM pg_temp.standing WHERE scope = 'run';
SELECT allowed, remaining FROM ideamine.check_budget('acme', 1000000, run => :'other');

-- Thresholds.
SELECT created FROM ideamine.set_budget('acme', 'run', :'run', 100, '{"warn_at": {"at": 0.333333, "action": "none"}, "pause_at": 1}');
SELECT warn_at, warn_action, throttle_at, throttle_action, throttle_high_at, pause_at, pause_action FROM ideamine.budgets WHERE scope = 'run';
SELECT next_threshold, next_threshold_at FROM pg_temp.standing WHERE scope = 'run';

-- Who is bound to a tenant spends its money, and does not say how much it may.
CREATE ROLE regress_acme LOGIN IN ROLE ideamine_app;
SELECT ideamine.bind_login('regress_acme', 'acme');
SET SESSION AUTHORIZATION regress_acme;
SELECT recorded FROM ideamine.record_cost('acme', 1);
SELECT created FROM ideamine.set_budget('acme', 'run', :'other', 5);
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, NULL, 5)', 'acme', 'tenant');
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, 1)', 'globex');
SELECT DISTINCT tenant_id FROM ideamine.cost_events;
RESET SESSION AUTHORIZATION;
SELECT reservation_id AS foreign FROM ideamine.reserve_cost('globex', 1) \gset
SET SESSION AUTHORIZATION regress_acme;
CALL pg_temp.refused('SELECT ideamine.settle_cost(%L, 1)', :'foreign');
CALL pg_temp.refused('SELECT ideamine.release_cost(%L)', :'foreign');
RESET SESSION AUTHORIZATION;
SELECT ideamine.unbind_login('regress_acme', 'acme');
DROP ROLE regress_acme;

-- What a job costs counts for its run and its project without naming them, also when it is history; a job that is not known is
-- written down as it is.
SELECT ideamine.create_project('acme', 'talks', 'Talks') IS NOT NULL AS created;
SELECT job_id AS talk FROM ideamine.create_job('acme', 'talk', options => '{"run": "00000000-0000-4000-8000-0000000000aa", "project": "talks"}') \gset
SELECT created FROM ideamine.set_budget('acme', 'run', '00000000-0000-4000-8000-0000000000aa', 5);
SELECT created FROM ideamine.set_budget('acme', 'project', 'talks', 6);
SELECT recorded FROM ideamine.record_cost('acme', 1, job => :'talk');
SELECT allowed, remaining, scope FROM ideamine.check_budget('acme', 4.5, job => :'talk');
SELECT allowed, scope FROM ideamine.reserve_cost('acme', 4.5, job => :'talk');
-- what is named goes before what the job has
SELECT recorded FROM ideamine.record_cost('acme', 1, job => :'talk', run => '00000000-0000-4000-8000-0000000000bb');
SELECT status FROM ideamine.cancel_job('acme', :'talk');
SELECT ideamine.move_to_history(now() + interval '1 day') IS NOT NULL AS moved;
SELECT count(*) FROM ideamine.jobs WHERE job_id = :'talk';
SELECT recorded FROM ideamine.record_cost('acme', 2, job => :'talk');
SELECT recorded FROM ideamine.record_cost('acme', 1, job => '00000000-0000-4000-8000-0000000000cc');
SELECT scope, spent, held FROM ideamine.v_budget_status WHERE scope_id IN ('talks', '00000000-0000-4000-8000-0000000000aa') ORDER BY scope;
SELECT job_id = :'talk' AS talk, run_id, project_id, sum(amount) FROM ideamine.cost_events
WHERE project_id = 'talks' OR job_id = '00000000-0000-4000-8000-0000000000cc' GROUP BY 1, 2, 3 ORDER BY 4;

-- Old keys and reservations go.
SELECT ideamine.purge_costs(now() + interval '31 days') > 0 AS purged;
SELECT count(*) FROM ideamine.cost_keys;

-- Bad input.
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, NULL)', 'acme');
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, -1)', 'acme');
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, %L)', 'acme', 'NaN');
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, %L)', 'acme', 'infinity');
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, 1e11)', 'acme');
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, 1)', 'nobody');
CALL pg_temp.refused('SELECT ideamine.record_cost(%L, 1, project => %L)', 'acme', '');
CALL pg_temp.refused('SELECT ideamine.settle_cost(NULL, 1)');
CALL pg_temp.refused('SELECT ideamine.settle_cost(%L, 1)', :'run');
CALL pg_temp.refused('SELECT ideamine.reserve_cost(%L, 1, expires_in => %L)', 'acme', '0');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, NULL, 5)', 'acme', 'run');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5)', 'acme', 'run', 'no uuid');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5)', 'acme', 'job', 'x');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, -5)', 'acme', 'project', 'x');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5, period => %L)', 'acme', 'project', 'x', 'week');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5, %L)', 'acme', 'project', 'x', '{"warn_at": 0}');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5, %L)', 'acme', 'project', 'x', '{"warn_at": 0.9}');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5, %L)', 'acme', 'project', 'x', '{"warn_at": {"action": "stop"}}');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5, %L)', 'acme', 'project', 'x', '{"warn": 0.9}');
CALL pg_temp.refused('SELECT ideamine.set_budget(%L, %L, %L, 5, %L)', 'acme', 'project', 'x', '[]');
