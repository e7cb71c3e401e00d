-- evaluate_preemption_policy, set_preemption_policy: who gives way by which rules, and when nobody does.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts,
  ideamine.dead_letter_queue, ideamine.events, ideamine.preemption_history, ideamine.platform_capacity, ideamine_internal.stop_notices,
  ideamine.held_room;
SELECT ideamine.reload_counters(), ideamine.reload_dispatch();
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT name, builtin, resource, threshold, for_class, victims, together, enabled FROM ideamine.preemption_policies ORDER BY name;
SELECT ideamine.create_tenant('acme', tier => 'enterprise'), ideamine.create_tenant('globex', tier => 'enterprise');
SELECT ideamine.register_worker('test') AS worker \gset
SELECT ideamine.set_platform_capacity('gpu', 10);
SELECT ideamine.reload_counters();
CREATE FUNCTION pg_temp.new(tenant text, type text, class text, needs jsonb, more jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ideamine.create_job(tenant, type, '{}', class, options => jsonb_build_object('needs', needs) || more);
END
$$;
-- each runs from its own moment on
CREATE FUNCTION pg_temp.run(tenant text, type text, class text, needs jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.new(tenant, type, class, needs);
  RETURN (SELECT string_agg(job_type, ', ') FROM ideamine.acquire_jobs((SELECT worker_id FROM ideamine.workers WHERE worker_type = 'test')));
END
$$;
-- one round, jobs by their types
CREATE FUNCTION pg_temp.round(policy jsonb DEFAULT NULL) RETURNS TABLE (policy text, resource ideamine.resource, threshold float,
  utilization float, beneficiary text, class ideamine.priority_class, action text, victim text, victims_class ideamine.priority_class, explanation text)
LANGUAGE sql AS $$
  SELECT e.policy, e.resource, e.threshold, e.utilization, b.job_type, e.beneficiary_class, e.action, v.job_type, e.priority_class, e.explanation
  FROM ideamine.evaluate_preemption_policy($1) WITH ORDINALITY AS e
  LEFT JOIN ideamine.jobs AS b ON b.job_id = e.beneficiary LEFT JOIN ideamine.jobs AS v ON v.job_id = e.job_id ORDER BY e.ordinality
$$;
CREATE FUNCTION pg_temp.broken() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok' $$;

-- Below 80 % in use nobody gives way, however much a job needs.
SELECT pg_temp.run('acme', 'normal', 'P2', '{"gpu": 4}'), pg_temp.run('globex', 'batch', 'P3', '{"gpu": 3}');
SELECT pg_temp.new('acme', 'large', 'P0', '{"gpu": 4}');
SELECT * FROM pg_temp.round();

-- From 80 % on P3 does, of any tenant; a P2 job is left alone as long as there is one, although it would have been enough alone.
SELECT pg_temp.new('globex', 'more', 'P3', '{"gpu": 1}');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT * FROM pg_temp.round();
SELECT job_type, status FROM ideamine.jobs ORDER BY job_type;
SELECT reason, resource_type, threshold, utilization, beneficiary IS NOT NULL AS for_somebody FROM ideamine.preemption_history;
SELECT tenant_id, needs, policy, expires_at - since AS time FROM ideamine.held_room;
SELECT reason, explanation FROM ideamine.explain_job('acme', (SELECT job_id FROM ideamine.jobs WHERE job_type = 'large'));
SELECT used, utilization FROM ideamine.get_resource_utilization() WHERE resource = 'gpu';
SELECT pg_temp.broken();
-- once is enough
SELECT * FROM pg_temp.round();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT count(*) FROM ideamine.held_room;
SELECT pg_temp.broken();

-- Not enough of the lowest class: nobody gives way. From 85 % on classes give way together, the lowest first, and as few jobs as possible.
SELECT status, count(*) FROM ideamine.jobs GROUP BY status ORDER BY status;
SELECT pg_temp.new('globex', 'user', 'P1', '{"gpu": 6}');
SELECT * FROM pg_temp.round('{"resource": "gpu", "threshold": 0.8}');
SELECT count(*) FROM ideamine.held_room;
SET ideamine.preemption_round_share = 0;
SELECT * FROM pg_temp.round();
SELECT used FROM ideamine.get_resource_utilization() WHERE resource = 'gpu';
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.broken();
RESET ideamine.preemption_round_share;

-- P0 never gives way, and P1 not to P1.
SELECT pg_temp.new('acme', 'next user', 'P1', '{"gpu": 1}');
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.round('{"resource": "gpu", "threshold": 0, "victims": ["P1", "P2", "P3"]}');
-- but to P0, if a policy says so
SELECT pg_temp.new('acme', 'critical', 'P0', '{"gpu": 1}');
SELECT * FROM pg_temp.round('{"resource": "gpu", "threshold": 0, "for_class": "P0", "victims": ["P3", "P2", "P1"]}');
-- the other one does not fit beside it
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT pg_temp.broken();

-- What was resumed gives way again only after the cool-down; so nobody starves, and two jobs do not take turns.
SELECT ideamine.set_platform_capacity('gpu', 20);
SELECT ideamine.resume_preempted_jobs();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 20) ORDER BY job_type;
SELECT ideamine.set_platform_capacity('gpu', (SELECT sum((needs ->> 'gpu')::numeric) FROM ideamine.jobs WHERE status = 'running'));
SELECT job_type, priority_class, needs -> 'gpu' AS gpu, preemptions FROM ideamine.jobs WHERE status = 'running' ORDER BY job_type;
SELECT pg_temp.new('acme', 'another', 'P0', '{"gpu": 4}');
SELECT * FROM pg_temp.round();
SET ideamine.preemption_cooldown = 0;
SET ideamine.preemption_round_share = 1;
-- who gave way as often as it may fails, or is spared as long as such jobs do not hold too much
SET ideamine.max_preemptions = 1;
SET ideamine.fail_at_max_preemptions = off;
SET ideamine.preemption_spared_share = 0.7;
SELECT * FROM pg_temp.round();
BEGIN;
SET LOCAL ideamine.preemption_spared_share = 0.6;
SELECT * FROM pg_temp.round();
ROLLBACK;
RESET ideamine.preemption_spared_share;
SET ideamine.fail_at_max_preemptions = on;
SELECT * FROM pg_temp.round();
SELECT job_type, status, last_error FROM ideamine.jobs WHERE status = 'failed';
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.broken();
RESET ideamine.max_preemptions;
RESET ideamine.fail_at_max_preemptions;
RESET ideamine.preemption_cooldown;
RESET ideamine.preemption_round_share;

-- A tenant that is short of its own quota: its own lower classes, whatever others run.
SELECT ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs WHERE status IN ('pending', 'running', 'preempted');
SELECT ideamine.set_platform_capacity('gpu', NULL), ideamine.set_platform_capacity('gpu', NULL);
SELECT capacity, utilization FROM ideamine.get_resource_utilization() WHERE resource = 'gpu';
SELECT ideamine.set_quotas('acme', max_cpu_cores => 8, max_memory_gb => 8, burst_percent => 0, throttle_enabled => false);
SELECT pg_temp.run('acme', 'crawl', 'P3', '{"cpu": 4}'), pg_temp.run('acme', 'index', 'P3', '{"cpu": 2, "memory": 8}'), pg_temp.run('acme', 'report', 'P2', '{"cpu": 2}'),
  pg_temp.run('globex', 'theirs', 'P3', '{"cpu": 100, "memory": 100}');
-- short of two things at once: one job frees both, and the other is needed for cpu
SELECT pg_temp.new('acme', 'answer', 'P1', '{"cpu": 5, "memory": 1}');
SET ideamine.preemption_round_share = 1;
-- it has to have a worker that could run it
UPDATE ideamine.workers SET status = 'draining';
SELECT * FROM pg_temp.round();
UPDATE ideamine.workers SET status = 'active', tenants = '{globex}';
SELECT * FROM pg_temp.round();
-- one that is full of others' jobs is none, and those that give way leave it
UPDATE ideamine.workers SET tenants = NULL, capacity = 2;
SELECT * FROM pg_temp.round();
UPDATE ideamine.workers SET capacity = 3;
SELECT ideamine.pause_queue('acme');
SELECT * FROM pg_temp.round();
SELECT ideamine.resume_queue('acme');
-- nor does anybody for whom no money is left
SELECT created FROM ideamine.set_budget('acme', 'tenant', NULL, 0);
SELECT ideamine.act_on_budgets();
SELECT beneficiary, action, regexp_replace(explanation, 'since .*:', 'since …:') AS explanation FROM pg_temp.round();
DELETE FROM ideamine.budgets;
SELECT * FROM pg_temp.round() ORDER BY victim;
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.broken();
RESET ideamine.preemption_round_share;
UPDATE ideamine.workers SET capacity = NULL;

-- Waiting raises a job's class, and has nobody give way for it.
SELECT pg_temp.new('acme', 'waits', 'P2', '{"cpu": 2}');
UPDATE ideamine.jobs SET ready_at = now() - interval '10 days' WHERE job_type = 'waits';
SELECT ideamine.reload_dispatch();
SELECT effective_class FROM ideamine.v_priority_queue WHERE job_type = 'waits';
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT * FROM pg_temp.round('{"resource": "cpu", "threshold": 0}');

-- Policies of one's own: instead of a shipped one, or none at all.
SELECT ideamine.set_preemption_policy('cpu-80', '{"resource": "cpu", "threshold": 0.9, "victims": ["P3"]}');
SELECT ideamine.set_preemption_policy('cpu-85', '{"resource": "cpu", "threshold": 0.9, "enabled": false}');
SELECT name, builtin, resource, threshold, for_class, victims, together, enabled FROM ideamine.preemption_policies WHERE resource = 'cpu' ORDER BY name, builtin;
SELECT pg_temp.new('acme', 'once more', 'P0', '{"cpu": 2}');
SELECT * FROM pg_temp.round();
SELECT ideamine.set_preemption_policy('cpu-85', NULL), ideamine.set_preemption_policy('cpu-80', NULL), ideamine.set_preemption_policy('cpu-80', NULL);
SELECT * FROM pg_temp.round();

-- A round takes what the first to gain needs, and no more than its share for all; the next ones follow.
SELECT ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs WHERE status IN ('pending', 'running', 'preempted', 'paused');
SELECT ideamine.set_quotas(t, max_cpu_cores => 4, burst_percent => 0, throttle_enabled => false) FROM unnest('{acme,globex,initech}'::text[]) AS t;
SELECT pg_temp.run(t, 'batch', 'P3', '{"cpu": 1}') FROM unnest('{acme,globex,initech}'::text[]) AS t, generate_series(1, 4);
SELECT pg_temp.new('acme', 'first', 'P1', '{"cpu": 4}');
SELECT pg_temp.new('globex', 'second', 'P1', '{"cpu": 3}');
SELECT pg_temp.new('initech', 'third', 'P1', '{"cpu": 1}');
SET ideamine.preemption_round_share = 0;
SELECT beneficiary, action, count(victim), explanation FROM pg_temp.round() GROUP BY beneficiary, action, explanation ORDER BY beneficiary;
SELECT beneficiary, action, count(victim), explanation FROM pg_temp.round() GROUP BY beneficiary, action, explanation ORDER BY beneficiary;
SELECT beneficiary, action, count(victim), explanation FROM pg_temp.round() GROUP BY beneficiary, action, explanation ORDER BY beneficiary;
RESET ideamine.preemption_round_share;
SELECT pg_temp.broken();

-- Bad input.
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '[]');
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '{"resource": "cpu"}');
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '{"resource": "tokens", "threshold": 0.5}');
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '{"resource": "cpu", "threshold": 80}');
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '{"resource": "cpu", "threshold": 0.5, "for_class": "P2"}');
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '{"resource": "cpu", "threshold": 0.5, "victims": ["P0"]}');
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '{"resource": "cpu", "threshold": 0.5, "together": 1}');
CALL pg_temp.refused('SELECT * FROM ideamine.evaluate_preemption_policy(%L)', '{"resource": "cpu", "threshold": 0.5, "a": 1}');
CALL pg_temp.refused('SELECT ideamine.set_preemption_policy(NULL, NULL)');
CALL pg_temp.refused('SELECT ideamine.set_preemption_policy(%L, NULL)', '');
CALL pg_temp.refused('SELECT ideamine.set_platform_capacity(NULL, 1)');
CALL pg_temp.refused('SELECT ideamine.set_platform_capacity(%L, 1)', 'tokens');
CALL pg_temp.refused('SELECT ideamine.set_platform_capacity(%L, -0.5)', 'cpu');
CALL pg_temp.refused('SELECT ideamine.set_platform_capacity(%L, %L)', 'cpu', 'NaN');
CALL pg_temp.refused('SELECT ideamine.set_platform_capacity(%L, 1e30)', 'cpu');
-- thousandths of a core are counted
SELECT ideamine.set_platform_capacity('cpu', 0.0001), ideamine.set_platform_capacity('memory', 'infinity'), ideamine.set_platform_capacity('gpu', 0);
SELECT resource, capacity FROM ideamine.platform_capacity ORDER BY resource;
TRUNCATE ideamine.platform_capacity, ideamine.held_room;
