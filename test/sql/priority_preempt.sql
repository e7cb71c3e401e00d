-- preempt_job, resume_preempted_job(s), end_graces, explain_preemption: giving way, and coming back.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts,
  ideamine.dead_letter_queue, ideamine.events, ideamine.preemption_history, ideamine.platform_capacity, ideamine_internal.stop_notices;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme');
SELECT ideamine.set_quotas('acme', max_cpu_cores => 8, burst_percent => 0, throttle_enabled => false);
SELECT ideamine.register_worker('test') AS worker \gset
CREATE FUNCTION pg_temp.new(type text, class text, cpu numeric) RETURNS uuid LANGUAGE sql AS $$
  SELECT job_id FROM ideamine.create_job('acme', type, '{}', class, options => jsonb_build_object('needs', jsonb_build_object('cpu', cpu)))
$$;
CREATE FUNCTION pg_temp.state() RETURNS TABLE (job_type text, status ideamine.job_status, attempt integer, preemptions integer,
  preempted boolean, resumed boolean, reason text, checkpoint jsonb) LANGUAGE sql AS $$
  SELECT job_type, status, attempt, preemptions, preempted_at IS NOT NULL, resumed_at IS NOT NULL, preemption_reason, checkpoint
  FROM ideamine.jobs ORDER BY job_type
$$;
SELECT pg_temp.new('batch', 'P3', 4) AS batch \gset
SELECT pg_temp.new('report', 'P2', 4) AS report \gset
SELECT job_type, epoch > 0 AS leased FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;
SELECT epoch AS batch_epoch FROM ideamine.jobs WHERE job_id = :'batch' \gset
SELECT resource, used, capacity, utilization FROM ideamine.get_resource_utilization('acme') WHERE resource = 'cpu';

-- At once: the lease ends, what it held is free, the attempt does not count, and its worker is told.
SELECT * FROM ideamine.preempt_job('acme', :'batch', 'make room', 'cpu', '{"page": 7}');
SELECT * FROM pg_temp.state();
SELECT used FROM ideamine.get_resource_utilization('acme') WHERE resource = 'cpu';
SELECT reason, job_id = :'batch' AS the_job, epoch = :batch_epoch AS its_epoch FROM ideamine.heartbeat(:'worker');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s)', 'acme', :'batch', :'batch_epoch');
CALL pg_temp.refused('SELECT ideamine.release_job(%L, %L, %s)', 'acme', :'batch', :'batch_epoch');
SELECT attempt, outcome FROM ideamine.job_executions WHERE job_id = :'batch';
SELECT priority_class, resource_type, reason, checkpoint, preempted_at >= asked_at AS in_order, resumed_at, beneficiary
FROM ideamine.preemption_history;
SELECT event_type, payload ->> 'reason' AS reason, payload ->> 'resource_type' AS resource FROM ideamine.events ORDER BY event_id;
SELECT state, explanation FROM ideamine.explain_preemption(:'batch');
SELECT status, priority_class, "position" FROM ideamine.v_priority_queue;
SELECT preempted, running FROM ideamine.v_job_counts;

-- It is not handed out, and not resumed while somebody has its room.
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.new('urgent', 'P0', 3) AS urgent \gset
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT * FROM ideamine.resume_preempted_job('acme', :'batch');
SELECT ideamine.resume_preempted_jobs();
SELECT state, explanation FROM ideamine.explain_preemption(:'batch') WHERE state = 'waiting';
SELECT reason, explanation FROM ideamine.explain_job('acme', :'batch');

-- When there is room it comes back, with its checkpoint; whoever waits longest goes first.
SELECT ideamine.complete_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_id = :'urgent';
SELECT ideamine.resume_preempted_jobs();
SELECT * FROM pg_temp.state() WHERE job_type = 'batch';
SELECT job_type, attempt, checkpoint FROM ideamine.acquire_jobs(:'worker', 10);
SELECT resumed_at >= preempted_at AS resumed FROM ideamine.preemption_history;
SELECT event_type FROM ideamine.events ORDER BY event_id;
SELECT state, explanation, at IS NOT NULL AS until FROM ideamine.explain_preemption(:'batch') ORDER BY at;
SELECT * FROM ideamine.resume_preempted_job('acme', :'batch');

-- With grace the worker is asked first, and hands the job back with a checkpoint.
SELECT preempted, status, obstacle, stop_by > now() AS later FROM ideamine.preempt_job('acme', :'batch', 'maintenance', grace => '1 minute');
SELECT state, explanation FROM ideamine.explain_preemption(:'batch') WHERE state IN ('asked', 'stopping');
SELECT reason FROM ideamine.heartbeat(:'worker');
SELECT ideamine.release_job('acme', job_id, epoch, '{"page": 9}') FROM ideamine.jobs WHERE job_id = :'batch';
SELECT * FROM pg_temp.state() WHERE job_type = 'batch';
SELECT reason, checkpoint, asked_at < preempted_at AS asked_before FROM ideamine.preemption_history ORDER BY asked_at;

-- Whoever does not hand it back in time loses it; who completes it in time was faster.
SELECT ideamine.resume_preempted_jobs();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT status FROM ideamine.preempt_job('acme', :'batch', 'maintenance', grace => '1 minute');
SELECT ideamine.end_graces();
SELECT ideamine.end_graces(now() + interval '1 hour');
SELECT * FROM pg_temp.state() WHERE job_type = 'batch';
SELECT status FROM ideamine.preempt_job('acme', :'report', 'maintenance', grace => '1 minute');
SELECT ideamine.complete_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_id = :'report';
SELECT ideamine.end_graces(now() + interval '1 hour');
SELECT status, preemptions, stop_by FROM ideamine.jobs WHERE job_id = :'report';

-- Asked to stop, and cancelled before it did so: the worker learns of the latter.
SELECT job_id AS asked FROM ideamine.create_job('acme', 'asked', '{}', 'P3') \gset
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT count(*) FROM ideamine.heartbeat(:'worker');
SELECT status FROM ideamine.preempt_job('acme', :'asked', 'maintenance', grace => '1 minute');
SELECT status FROM ideamine.cancel_job('acme', :'asked', 'not needed');
SELECT reason FROM ideamine.heartbeat(:'worker');
SELECT stop_by FROM ideamine.jobs WHERE job_id = :'asked';

-- Three times is the limit: the next one that would hit it fails it, or spares it.
SELECT ideamine.resume_preempted_jobs();
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SET ideamine.fail_at_max_preemptions = off;
SELECT preempted, status, obstacle FROM ideamine.preempt_job('acme', :'batch', 'once more');
SELECT state, explanation FROM ideamine.explain_preemption(:'batch') WHERE state = 'protected';
RESET ideamine.fail_at_max_preemptions;
SELECT preempted, status, obstacle FROM ideamine.preempt_job('acme', :'batch', 'once more');
SELECT last_error FROM ideamine.dead_letter_queue;
SELECT payload ->> 'reason' AS reason FROM ideamine.events WHERE event_type = 'task-failed';

-- P0 never gives way, and what is not running has nothing to give.
SELECT pg_temp.new('urgent', 'P0', 3) AS urgent \gset
SELECT preempted, status, obstacle FROM ideamine.preempt_job('acme', :'urgent', 'why not');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT preempted, status, obstacle FROM ideamine.preempt_job('acme', :'urgent', 'why not');
SELECT state, explanation FROM ideamine.explain_preemption(:'urgent');
SELECT ideamine.complete_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_id = :'urgent';

-- Who has waited for an aging interval stands in line, whether there is room or not.
SELECT pg_temp.new('batch', 'P3', 8) AS large \gset
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT status FROM ideamine.preempt_job('acme', :'large', 'make room');
SELECT count(*) FROM pg_temp.new('small', 'P3', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10);
SELECT ideamine.resume_preempted_jobs();
SELECT ideamine.resume_preempted_jobs(now() + interval '15 minutes');
SELECT count(*) FROM pg_temp.new('small', 'P3', 1);
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT ideamine.complete_job('acme', job_id, epoch) FROM ideamine.jobs WHERE status = 'running';
SELECT job_id = :'large' AS first FROM ideamine.acquire_jobs(:'worker', 10);

-- For a budget: it does not count.
SELECT status FROM ideamine.preempt_job('acme', :'large', 'budget_exceeded', 'cost');
SELECT preemptions, preemption_reason FROM ideamine.jobs WHERE job_id = :'large';

-- A preempted job can be cancelled. Old history goes, but for what is still to be resumed.
SELECT ideamine.purge_preemption_history(now() + interval '31 days');
SELECT status FROM ideamine.cancel_job('acme', :'large', 'not needed');
SELECT ideamine.resume_preempted_jobs();
SELECT ideamine.purge_preemption_history(now() + interval '31 days');
SELECT count(*) FROM ideamine.preemption_history;

-- Bad input.
CALL pg_temp.refused('SELECT * FROM ideamine.preempt_job(%L, NULL, %L)', 'acme', 'why');
CALL pg_temp.refused('SELECT * FROM ideamine.preempt_job(%L, %L, NULL)', 'acme', :'large');
CALL pg_temp.refused('SELECT * FROM ideamine.preempt_job(%L, %L, %L, %L)', 'acme', :'large', 'why', 'time');
CALL pg_temp.refused('SELECT * FROM ideamine.preempt_job(%L, %L, %L, grace => %L)', 'acme', :'large', 'why', '-1 s');
CALL pg_temp.refused('SELECT * FROM ideamine.preempt_job(%L, %L, %L, grace => %L)', 'acme', :'large', 'why', '25 hours');
CALL pg_temp.refused('SELECT * FROM ideamine.preempt_job(%L, ''00000000-0000-4000-8000-000000000000'', %L)', 'acme', 'why');
CALL pg_temp.refused('SELECT * FROM ideamine.resume_preempted_job(%L, NULL)', 'acme');
CALL pg_temp.refused('SELECT * FROM ideamine.explain_preemption(NULL)');
SELECT state FROM ideamine.audit_counters() WHERE state <> 'ok';
