-- Running jobs hold what they need, and count as runs.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;
TRUNCATE ideamine.tenant_usage, ideamine.tenant_usage_rollups, ideamine.quota_violations;

CREATE FUNCTION pg_temp.acquire(worker uuid, most integer DEFAULT 10) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(job_type, ' ') FROM ideamine.acquire_jobs(worker, most)
$$;
CREATE FUNCTION pg_temp.complete(job_type text) RETURNS void LANGUAGE sql AS $$
  SELECT ideamine.complete_job(j.tenant_id, j.job_id, j.epoch) FROM ideamine.jobs AS j
  WHERE j.job_type = $1 AND j.status = 'running'
$$;
CREATE VIEW pg_temp.held AS
  SELECT resource, used FROM ideamine.get_tenant_usage('acme') WHERE resource IN ('cpu', 'memory', 'gpu', 'concurrent_runs');
CREATE VIEW pg_temp.broken AS
  SELECT scope, id, resource, settled, leased, held, ledger_settled, ledger_leased FROM ideamine.audit_counters() WHERE state <> 'ok';
CREATE PROCEDURE pg_temp.forget() LANGUAGE sql AS $$
  TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue
$$;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.set_quotas('acme', max_cpu_cores => 4, max_memory_gb => 8, max_gpus => 1, max_concurrent_runs => 5,
                           burst_percent => 0, throttle_enabled => false);
SELECT ideamine.register_worker('w') AS w \gset

-- A job that does not fit waits, and lets pass what needs something else.
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"job_type": "a", "needs": {"cpu": 3, "memory": 1.5}}, {"job_type": "b", "needs": {"cpu": 2}},
  {"job_type": "c", "needs": {"cpu": 1}}, {"job_type": "d", "needs": {"gpu": 1}}, {"job_type": "e"}]');
SELECT job_type, needs FROM ideamine.jobs ORDER BY job_id;
SELECT pg_temp.acquire(:'w');
SELECT * FROM pg_temp.held;
SELECT ideamine.next_work_at(:'w') AS nothing_fits;
SELECT reason, explanation FROM ideamine.jobs AS j, ideamine.explain_job('acme', j.job_id) WHERE j.job_type = 'b';
-- It is held until the lease ends, however that is.
SELECT pg_temp.complete('a');
SELECT ideamine.next_work_at(:'w') = '-infinity' AS something_fits;
SELECT pg_temp.acquire(:'w');
SELECT * FROM pg_temp.held;
SELECT f.status FROM ideamine.jobs AS j, ideamine.fail_job('acme', j.job_id, j.epoch, 'no') AS f WHERE j.job_type = 'b';
SELECT ideamine.release_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_type = 'c';
SELECT cancelled FROM ideamine.jobs AS j, ideamine.cancel_job('acme', j.job_id) WHERE j.job_type = 'd';
SELECT * FROM pg_temp.held;
SELECT ideamine.terminate_worker(:'w');
SELECT * FROM pg_temp.held;
SELECT * FROM pg_temp.broken;

-- Nor is a large one starved by what comes after it: of a lower class, or of a higher one when it has waited for long. What
-- can never fit keeps nobody from it, nor does it matter to other tenants.
CALL pg_temp.forget();
SELECT ideamine.register_worker('w') AS w \gset
SELECT ideamine.create_tenant('globex', tier => 'enterprise');
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"job_type": "runs", "needs": {"cpu": 2}}, {"job_type": "large", "needs": {"cpu": 4}},
  {"job_type": "small", "priority_class": "P3", "needs": {"cpu": 1}}, {"job_type": "other", "priority_class": "P3", "needs": {"memory": 1}}]');
SELECT count(*) FROM ideamine.create_jobs('globex', '[{"job_type": "theirs", "priority_class": "P3", "needs": {"cpu": 1}}]');
SELECT pg_temp.acquire(:'w');
-- asked in a session that has done nothing else
\setenv PGDATABASE :DBNAME
\! psql -XAtc "SELECT reason, related_job IS NOT NULL FROM ideamine.jobs AS j, ideamine.explain_job('acme', j.job_id) WHERE j.job_type = 'small'"
SELECT reason, explanation FROM ideamine.jobs AS j, ideamine.explain_job('acme', j.job_id) WHERE j.job_type = 'small';
UPDATE ideamine.jobs SET ready_at = ready_at - interval '16 minutes' WHERE job_type = 'large';
SELECT ideamine.reload_dispatch();
SELECT ideamine.create_job('acme', 'higher', '{}', 'P1', options => '{"needs": {"cpu": 1}}') IS NOT NULL AS created;
SELECT pg_temp.acquire(:'w');
SELECT reason, explanation FROM ideamine.jobs AS j, ideamine.explain_job('acme', j.job_id) WHERE j.job_type = 'higher';
SELECT ideamine.set_quotas('acme', max_cpu_cores => 3);
SELECT pg_temp.acquire(:'w');
SELECT ideamine.set_quotas('acme', max_cpu_cores => 4);
SELECT ideamine.terminate_worker(:'w');

-- A backlog that finds no room keeps nobody from what is free, whatever the class of the others.
CALL pg_temp.forget();
SELECT ideamine.register_worker('w') AS w \gset
SELECT count(*) FROM ideamine.create_jobs('acme', (
  SELECT jsonb_agg(jsonb_build_object('job_type', 'backlog', 'needs', '{"cpu": 4}'::jsonb)) FROM generate_series(1, 3000)));
SELECT count(*) FROM ideamine.create_jobs('globex', '[{"job_type": "theirs", "priority_class": "P3", "needs": {"cpu": 1}}]');
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "plain", "priority_class": "P3"}]');
SELECT pg_temp.acquire(:'w', 1);
SELECT pg_temp.acquire(:'w', 1), pg_temp.acquire(:'w', 1), pg_temp.acquire(:'w', 1);
-- Nor those of its own class that need something else, however they became ready.
SELECT ideamine.next_work_at(:'w') IS NULL AS nothing_fits;
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "memory", "needs": {"memory": 1}}, {"job_type": "both", "needs": {"cpu": 1, "gpu": 1}}]');
SELECT ideamine.next_work_at(:'w') = '-infinity' AS something_fits;
SELECT pg_temp.acquire(:'w', 1), pg_temp.acquire(:'w', 1);
SELECT ideamine.release_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_type = 'memory';
SELECT pg_temp.acquire(:'w', 1), pg_temp.acquire(:'w', 1);
SELECT ideamine.release_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_type = 'memory';
SELECT ideamine.reload_dispatch();
SELECT pg_temp.acquire(:'w', 1), pg_temp.acquire(:'w', 1);
SELECT ideamine.terminate_worker(:'w');

-- What waits for a run to end keeps nobody from what else it needs.
CALL pg_temp.forget();
SELECT ideamine.register_worker('w') AS w \gset
SELECT ideamine.set_quotas('acme', max_concurrent_runs => 1);
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"job_type": "first of one", "run": "00000000-0000-0000-0000-000000000001", "needs": {"cpu": 1}},
  {"job_type": "first of two", "run": "00000000-0000-0000-0000-000000000002", "needs": {"cpu": 1}},
  {"job_type": "second of one", "run": "00000000-0000-0000-0000-000000000001", "needs": {"cpu": 1}}]');
SELECT pg_temp.acquire(:'w', 3);
SELECT reason, explanation FROM ideamine.jobs AS j, ideamine.explain_job('acme', j.job_id) WHERE j.job_type = 'first of two';
SELECT ideamine.set_quotas('acme', max_concurrent_runs => 5);
SELECT ideamine.terminate_worker(:'w');

-- A rolled-back claim holds nothing, a rolled-back end gives nothing back.
CALL pg_temp.forget();
SELECT ideamine.register_worker('w') AS w \gset
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "a", "needs": {"cpu": 4}}, {"job_type": "b", "needs": {"cpu": 4}}]');
BEGIN;
SELECT pg_temp.acquire(:'w');
ROLLBACK;
SELECT pg_temp.acquire(:'w');
BEGIN;
SELECT pg_temp.complete('a');
SELECT pg_temp.acquire(:'w') AS counts_until_the_commit;
ROLLBACK;
SELECT * FROM pg_temp.held;
-- Lost leases and lost workers.
SELECT status FROM ideamine.expire_leases(now() + interval '1 hour');
SELECT * FROM pg_temp.held;
SELECT pg_temp.acquire(:'w');
SELECT jobs_requeued FROM ideamine.mark_stale_workers(now() + interval '1 hour');
SELECT * FROM pg_temp.held;
SELECT * FROM pg_temp.broken;

-- Jobs of one run count one, as long as any of them is running; those without a run each.
CALL pg_temp.forget();
SELECT ideamine.register_worker('w') AS w \gset
SELECT ideamine.set_quotas('acme', max_concurrent_runs => 2);
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"job_type": "a1", "run": "00000000-0000-7000-8000-00000000000a"}, {"job_type": "a2", "run": "00000000-0000-7000-8000-00000000000a"},
  {"job_type": "x"}, {"job_type": "b1", "run": "00000000-0000-7000-8000-00000000000b"},
  {"job_type": "a3", "run": "00000000-0000-7000-8000-00000000000a"}, {"job_type": "y"}]');
SELECT pg_temp.acquire(:'w', 1);
SELECT used FROM pg_temp.held WHERE resource = 'concurrent_runs';
SELECT pg_temp.acquire(:'w');
SELECT used FROM pg_temp.held WHERE resource = 'concurrent_runs';
SELECT reason, explanation FROM ideamine.jobs AS j, ideamine.explain_job('acme', j.job_id) WHERE j.job_type = 'y';
SELECT pg_temp.complete('a1'), pg_temp.complete('a2');
SELECT used FROM pg_temp.held WHERE resource = 'concurrent_runs';
SELECT pg_temp.acquire(:'w') AS the_run_goes_on;
SELECT pg_temp.complete('a3');
SELECT pg_temp.acquire(:'w');
SELECT used FROM pg_temp.held WHERE resource = 'concurrent_runs';
SELECT pg_temp.complete('x');
SELECT pg_temp.acquire(:'w');
SELECT * FROM pg_temp.broken;
BEGIN;
SELECT pg_temp.complete('b1');
SELECT used AS until_the_commit FROM pg_temp.held WHERE resource = 'concurrent_runs';
COMMIT;
SELECT used FROM pg_temp.held WHERE resource = 'concurrent_runs';
SELECT pg_temp.complete('y');
SELECT * FROM pg_temp.broken;
-- Several jobs of one run in one call, completed in the same transaction.
CALL pg_temp.forget();
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"job_type": "a", "run": "00000000-0000-7000-8000-00000000000c"}, {"job_type": "a", "run": "00000000-0000-7000-8000-00000000000c"}]');
BEGIN;
SELECT pg_temp.acquire(:'w');
SELECT pg_temp.complete('a');
COMMIT;
SELECT used FROM pg_temp.held WHERE resource = 'concurrent_runs';
SELECT * FROM pg_temp.broken;

-- What applications hold and what jobs hold share one limit, and neither gives back what is the other's.
CALL pg_temp.forget();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "a", "needs": {"cpu": 3}}]');
SELECT allowed FROM ideamine.enforce_quota('acme', 'cpu', 2);
SELECT pg_temp.acquire(:'w');
SELECT ideamine.release_quota('acme', 'cpu', 1);
SELECT pg_temp.acquire(:'w');
SELECT allowed FROM ideamine.enforce_quota('acme', 'cpu', 1);
SELECT ideamine.release_quota('acme', 'cpu', 4) AS only_its_own;
SELECT * FROM pg_temp.held WHERE resource = 'cpu';
SELECT ideamine.set_quotas('acme', max_cpu_cores => 1);
SELECT allowed, current FROM ideamine.check_quota('acme', 'cpu', 0.001);
SELECT * FROM pg_temp.broken;

-- Of a throttled tenant only P0 is handed out.
CALL pg_temp.forget();
SELECT ideamine.set_quotas('acme', max_tokens_per_day => 10, throttle_enabled => true);
SELECT allowed FROM ideamine.enforce_quota('acme', 'tokens', 9);
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"job_type": "p1", "priority_class": "P1"}, {"job_type": "p2"}, {"job_type": "p0", "priority_class": "P0"}]');
SELECT pg_temp.acquire(:'w');
SELECT ideamine.next_work_at(:'w') IS NULL AS nothing_now;
SELECT explanation, until > now() + interval '4 minutes' AS for_minutes FROM ideamine.jobs AS j, ideamine.explain_job('acme', j.job_id)
WHERE j.job_type = 'p1' AND reason = 'throttled';
SELECT ideamine.set_quotas('acme', throttle_enabled => false);
SELECT pg_temp.acquire(:'w') AS not_throttled_any_more;

-- What workers vote on is not run itself: its votes are.
CALL pg_temp.forget();
SELECT ideamine.set_quotas('acme', max_cpu_cores => 4, max_concurrent_runs => 10);
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "v", "quorum": {"votes": 3, "agree": 2}, "needs": {"cpu": 2}}]');
SELECT pg_temp.acquire(ideamine.register_worker('v')), pg_temp.acquire(ideamine.register_worker('v')), pg_temp.acquire(ideamine.register_worker('v'));
SELECT * FROM pg_temp.held WHERE resource IN ('cpu', 'concurrent_runs');
SELECT pg_temp.complete('v');
SELECT * FROM pg_temp.held WHERE resource IN ('cpu', 'concurrent_runs');
SELECT * FROM pg_temp.broken;

-- Bad input.
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x', options => '{"needs": {"tokens": 1}}')$$);
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x', options => '{"needs": {"cpu": 0}}')$$);
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x', options => '{"needs": {"cpu": "1"}}')$$);
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x', options => '{"needs": [1]}')$$);
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'x', options => '{"needs": {"memory": 1e30}}')$$);
