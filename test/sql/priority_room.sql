-- held_room, give_back_unclaimed_room: what others gave up is there for whom they did, and for nobody else.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts,
  ideamine.dead_letter_queue, ideamine.events, ideamine.preemption_history, ideamine.platform_capacity, ideamine_internal.stop_notices,
  ideamine.held_room;
SELECT ideamine.reload_counters(), ideamine.reload_dispatch();

SELECT ideamine.create_tenant('acme', tier => 'enterprise'), ideamine.create_tenant('globex', tier => 'enterprise');
SELECT ideamine.register_worker('test') AS worker \gset
INSERT INTO ideamine.platform_capacity VALUES ('gpu', 4);
SELECT ideamine.reload_counters();
SET ideamine.preemption_cooldown = 0;
SET ideamine.preemption_round_share = 1;
CREATE FUNCTION pg_temp.new(tenant text, type text, class text, gpu numeric, more jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
  SELECT job_id FROM ideamine.create_job(tenant, type, '{}', class, options => jsonb_build_object('needs', jsonb_build_object('gpu', gpu)) || more)
$$;
CREATE FUNCTION pg_temp.round() RETURNS TABLE (beneficiary text, action text, victim text, explanation text) LANGUAGE sql AS $$
  SELECT b.job_type, e.action, v.job_type, e.explanation FROM ideamine.evaluate_preemption_policy() AS e
  LEFT JOIN ideamine.jobs AS b ON b.job_id = e.beneficiary LEFT JOIN ideamine.jobs AS v ON v.job_id = e.job_id ORDER BY v.job_type
$$;
CREATE FUNCTION pg_temp.state() RETURNS TABLE (used numeric, held bigint, broken bigint) LANGUAGE sql AS $$
  SELECT u.used, (SELECT count(*) FROM ideamine.held_room), (SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok')
  FROM ideamine.get_resource_utilization() AS u WHERE resource = 'gpu'
$$;
CREATE FUNCTION pg_temp.start_over() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs WHERE status NOT IN ('completed', 'failed', 'cancelled');
  DELETE FROM ideamine.jobs;
  DELETE FROM ideamine.preemption_history;
END
$$;
-- then the platform is full
CREATE FUNCTION pg_temp.fill() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.new('globex', 'batch', 'P3', 2), pg_temp.new('globex', 'crawl', 'P3', 2);
  RETURN (SELECT count(*) FROM ideamine.acquire_jobs((SELECT worker_id FROM ideamine.workers), 10));
END
$$;

-- Nobody else gets it: no job of a lower class, of the same class, of another tenant, and not who gave way.
SELECT pg_temp.start_over();
SELECT pg_temp.fill();
SELECT pg_temp.new('acme', 'urgent', 'P0', 2) AS urgent \gset
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.state();
SELECT count(pg_temp.new('globex', type, class, 1)) FROM (VALUES ('thief', 'P3'), ('thief', 'P0')) AS thieves (type, class);
SELECT ideamine.resume_preempted_jobs();
SELECT resumed, obstacle FROM ideamine.jobs AS j, ideamine.resume_preempted_job(j.tenant_id, j.job_id) WHERE status = 'preempted';
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT * FROM pg_temp.state();

-- Counters that are loaded anew know of it.
SELECT pg_temp.start_over();
SELECT pg_temp.fill();
SELECT pg_temp.new('acme', 'urgent', 'P0', 2, '{"run": "00000000-0000-7000-8000-000000000001"}') AS urgent \gset
SELECT * FROM pg_temp.round();
SELECT ideamine.reload_counters();
SELECT * FROM pg_temp.state();
SELECT current FROM ideamine.check_quota('acme', 'concurrent_runs', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT * FROM pg_temp.state();
SELECT ideamine.reload_counters();
SELECT * FROM pg_temp.state();
SELECT current FROM ideamine.check_quota('acme', 'concurrent_runs', 1);
SELECT ideamine.complete_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_type = 'urgent';
SELECT current FROM ideamine.check_quota('acme', 'concurrent_runs', 1);
SELECT * FROM pg_temp.state();

-- What is rolled back has not happened.
SELECT pg_temp.start_over();
SELECT pg_temp.fill();
SELECT pg_temp.new('acme', 'urgent', 'P0', 2) AS urgent \gset
BEGIN;
SELECT * FROM pg_temp.round();
ROLLBACK;
SELECT * FROM pg_temp.state();
BEGIN;
SAVEPOINT s;
SELECT * FROM pg_temp.round();
ROLLBACK TO s;
SELECT * FROM pg_temp.round();
COMMIT;
SELECT * FROM pg_temp.state();
BEGIN;
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
ROLLBACK;
SELECT * FROM pg_temp.state();
SELECT status FROM ideamine.jobs WHERE job_type = 'urgent';

-- A job that is cancelled gives it back, and who gave way comes back.
SELECT status FROM ideamine.cancel_job('acme', :'urgent');
SELECT * FROM pg_temp.state();
SELECT ideamine.resume_preempted_jobs();
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT * FROM pg_temp.state();

-- So does one that can't be acquired any more, and one that nobody acquires in time.
SELECT pg_temp.start_over();
SELECT pg_temp.fill();
SELECT pg_temp.new('acme', 'urgent', 'P0', 2) AS urgent \gset
SELECT * FROM pg_temp.round();
SELECT ideamine.give_back_unclaimed_room();
BEGIN;
SELECT ideamine.pause_queue('acme');
SELECT ideamine.give_back_unclaimed_room();
ROLLBACK;
BEGIN;
SELECT previous FROM ideamine.assign_priority('acme', :'urgent', 'P2');
SELECT ideamine.give_back_unclaimed_room();
ROLLBACK;
SELECT * FROM pg_temp.state();
SELECT ideamine.give_back_unclaimed_room(now() + interval '59 seconds'), ideamine.give_back_unclaimed_room(now() + interval '61 seconds');
SELECT * FROM pg_temp.state();
-- and has nobody give way again before the cool-down is over
SET ideamine.preemption_cooldown = '1 min';
SELECT ideamine.resume_preempted_jobs();
SELECT ideamine.assign_priority('acme', :'urgent', 'P3');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT ideamine.assign_priority('acme', :'urgent', 'P0');
SELECT * FROM pg_temp.round();
SET ideamine.preemption_cooldown = 0;

-- One that was claimed, and comes back, is like any other.
SELECT pg_temp.start_over();
SELECT pg_temp.fill();
SELECT pg_temp.new('acme', 'urgent', 'P0', 4) AS urgent \gset
SELECT * FROM pg_temp.round();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT ideamine.release_job('acme', :'urgent', epoch) FROM ideamine.jobs WHERE job_id = :'urgent';
SELECT * FROM pg_temp.state();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);

-- With grace its room is held at once, and it is handed out when who gives way has left.
SELECT pg_temp.start_over();
SELECT pg_temp.fill();
SET ideamine.preemption_grace = '1 min';
SELECT pg_temp.new('acme', 'urgent', 'P0', 2) AS urgent \gset
SELECT * FROM pg_temp.round();
SELECT job_type, status, stop_by IS NOT NULL AS asked FROM ideamine.jobs ORDER BY job_type;
SELECT * FROM pg_temp.state();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
-- another one has another one give way, and no more than it needs; for a third one what they leave is enough
SELECT pg_temp.new('acme', 'second', 'P0', 1) AS second \gset
SELECT * FROM pg_temp.round();
SELECT pg_temp.new('acme', 'third', 'P1', 1) AS third \gset
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.state();
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'batch';
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT ideamine.end_graces(now() + interval '2 minutes');
SELECT * FROM pg_temp.state();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT * FROM pg_temp.state();
RESET ideamine.preemption_grace;
TRUNCATE ideamine.platform_capacity, ideamine.held_room;
