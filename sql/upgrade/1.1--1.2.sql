-- What version 1.2 adds to the tables of version 1.1.

ALTER TABLE ideamine.tenants
  ADD COLUMN weight integer NOT NULL DEFAULT 100
             CONSTRAINT tenants_weight_valid CHECK (weight BETWEEN 1 AND 1000);
COMMENT ON COLUMN ideamine.tenants.weight IS 'Its share of the workers'' time within a class, beside the weights of the other tenants: 1 to 1000';

COMMENT ON COLUMN ideamine.workers.last_heartbeat_at IS 'When it was last heard of, as far as it has been written: heartbeats are noted in shared memory; v_workers knows them';

ALTER TYPE ideamine.attempt_outcome ADD VALUE 'preempted';
COMMENT ON TYPE ideamine.attempt_outcome IS
'completed: with a result; failed: the worker said so; lost: the worker fell silent; timed_out: it ran past
the deadline; released: handed back unharmed; cancelled: the job was cancelled meanwhile; preempted: it gave way.';

CREATE TYPE ideamine.job_wait AS ENUM ('time', 'jobs', 'key', 'queue', 'room', 'opening');
COMMENT ON TYPE ideamine.job_wait IS
'What a job waits for before a worker may have it. time: its run_at; jobs: others that it depends on, or votes; key: room
for its concurrency key; queue: its paused queue; room: to be resumed after it was preempted; opening: for its class to be
open again in its run, its project and its tenant, see ideamine.closings.';

-- Indexes know nothing any more that changes when a job is acquired or completed. This writes the table anew, so that
-- nobody works meanwhile.
DROP INDEX ideamine.jobs_ready, ideamine.jobs_scheduled, ideamine.jobs_running, ideamine.jobs_holding_key,
  ideamine.jobs_behind_key, ideamine.jobs_aside;
ALTER TABLE ideamine.jobs
  ADD COLUMN needs jsonb,
  ADD COLUMN closed boolean,
  ADD COLUMN waits_for ideamine.job_wait GENERATED ALWAYS AS (CASE
    WHEN status = 'pending' AND ready_at IS NULL THEN 'time'::ideamine.job_wait
    WHEN status = 'blocked' AND ready_at IS NULL THEN 'jobs'
    WHEN status = 'blocked' THEN 'key'
    WHEN closed AND status IN ('paused', 'preempted') THEN 'opening'
    WHEN status = 'paused' THEN 'queue'
    WHEN status = 'preempted' THEN 'room' END) STORED,
  ADD COLUMN held_key text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN status = 'running' THEN concurrency_key END) STORED,
  ADD COLUMN preemptions integer NOT NULL DEFAULT 0,
  ADD COLUMN preempted_at timestamptz,
  ADD COLUMN resumed_at timestamptz,
  ADD COLUMN preemption_reason text,
  ADD COLUMN stop_by timestamptz,
  ADD COLUMN checkpoint_at timestamptz,
  ADD COLUMN class_fixed boolean,
  ADD COLUMN inherited_class ideamine.priority_class;
ALTER INDEX ideamine.jobs_pkey RESET (fillfactor);
-- After that: what has ended needs no room.
ALTER TABLE ideamine.jobs SET (fillfactor = 25);
COMMENT ON COLUMN ideamine.jobs.needs IS 'What it holds of its tenant''s quotas while it runs: cpu (cores), memory (GB) and gpu; NULL: nothing but its run';
COMMENT ON COLUMN ideamine.jobs.waits_for IS 'See type ideamine.job_wait; NULL: for a worker at most';
COMMENT ON COLUMN ideamine.jobs.held_key IS 'Its concurrency key while it is running';
COMMENT ON COLUMN ideamine.jobs.preemptions IS 'How often it gave way to others, budgets apart';
COMMENT ON COLUMN ideamine.jobs.preempted_at IS 'When it last gave way';
COMMENT ON COLUMN ideamine.jobs.resumed_at IS 'When it was last resumed after that';
COMMENT ON COLUMN ideamine.jobs.preemption_reason IS 'Why it last gave way, or is to';
COMMENT ON COLUMN ideamine.jobs.stop_by IS 'Its worker was asked to stop: when the lease ends all the same; NULL: it was not';
COMMENT ON COLUMN ideamine.jobs.checkpoint_at IS 'When its checkpoint was saved';
COMMENT ON COLUMN ideamine.jobs.class_fixed IS 'True: only an administrator may assign it another class';
COMMENT ON COLUMN ideamine.jobs.closed IS 'True: it was paused or preempted because its class is closed, see ideamine.closings';
COMMENT ON COLUMN ideamine.jobs.inherited_class IS 'The highest class of the jobs that wait for it, directly or through others, where it is above its own; NULL: none is';
COMMENT ON COLUMN ideamine.jobs.checkpoint IS 'Where the next attempt may go on, left by save_checkpoint(), release_job() or preempt_job()';
COMMENT ON COLUMN ideamine_internal.stop_notices.reason IS 'cancelled, preempted, lease lost or deadline';

CREATE INDEX jobs_scheduled ON ideamine.jobs (run_at)
  WHERE waits_for = 'time';
COMMENT ON INDEX ideamine.jobs_scheduled IS 'Jobs that wait for their time, in the order in which they come due';

CREATE INDEX jobs_holding_key ON ideamine.jobs (tenant_id, held_key)
  WHERE held_key IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_holding_key IS 'Running jobs by concurrency key';

CREATE INDEX jobs_behind_key ON ideamine.jobs
  (tenant_id, concurrency_key, least(priority_class, inherited_class), ready_at, job_id)
  WHERE waits_for = 'key';
COMMENT ON INDEX ideamine.jobs_behind_key IS 'Jobs that were ready but met no room for their concurrency key, in the order in which they come back';

CREATE INDEX jobs_preempted ON ideamine.jobs (tenant_id, preempted_at)
  WHERE waits_for = 'room';
COMMENT ON INDEX ideamine.jobs_preempted IS 'Preempted jobs, for resuming them';

CREATE INDEX jobs_closed ON ideamine.jobs (tenant_id, run_id, project_id, priority_class)
  WHERE waits_for = 'opening';
COMMENT ON INDEX ideamine.jobs_closed IS 'Jobs whose classes are closed, for bringing them back';

CREATE INDEX jobs_of_run ON ideamine.jobs (tenant_id, run_id)
  WHERE run_id IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_of_run IS 'Jobs of a run';

CREATE INDEX jobs_asked_to_stop ON ideamine.jobs (stop_by)
  WHERE stop_by IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_asked_to_stop IS 'Running jobs whose workers were asked to stop, by the ends of their grace';

CREATE INDEX jobs_paused ON ideamine.jobs (tenant_id, queue)
  WHERE waits_for = 'queue';
COMMENT ON INDEX ideamine.jobs_paused IS 'Jobs of paused queues, for resuming a queue';

ALTER TABLE ideamine.job_dependencies DROP CONSTRAINT job_dependencies_job_fkey,
  DROP CONSTRAINT job_dependencies_depends_on_fkey;
COMMENT ON TABLE ideamine.jobs IS 'Jobs from their creation until some time after their ends, when they are moved to ideamine.job_history; the view v_jobs has both';
