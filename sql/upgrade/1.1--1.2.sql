-- What version 1.2 adds to the tables of version 1.1.

ALTER TABLE ideamine.tenants
  ADD COLUMN weight integer NOT NULL DEFAULT 100
             CONSTRAINT tenants_weight_valid CHECK (weight BETWEEN 1 AND 1000);
COMMENT ON COLUMN ideamine.tenants.weight IS 'Its share of the workers'' time within a class, beside the weights of the other tenants: 1 to 1000';

COMMENT ON COLUMN ideamine.workers.last_heartbeat_at IS 'When it was last heard of, as far as it has been written: heartbeats are noted in shared memory; v_workers knows them';

CREATE TYPE ideamine.job_wait AS ENUM ('time', 'jobs', 'key', 'queue');
COMMENT ON TYPE ideamine.job_wait IS
'What a job waits for before a worker may have it. time: its run_at; jobs: others that it depends on, or votes; key: room
for its concurrency key; queue: its paused queue.';

-- Indexes know nothing any more that changes when a job is acquired or completed. This writes the table anew, so that
-- nobody works meanwhile.
DROP INDEX ideamine.jobs_ready, ideamine.jobs_scheduled, ideamine.jobs_running, ideamine.jobs_holding_key,
  ideamine.jobs_behind_key, ideamine.jobs_aside;
ALTER TABLE ideamine.jobs
  ADD COLUMN needs jsonb,
  ADD COLUMN waits_for ideamine.job_wait GENERATED ALWAYS AS (CASE
    WHEN status = 'pending' AND ready_at IS NULL THEN 'time'::ideamine.job_wait
    WHEN status = 'blocked' AND ready_at IS NULL THEN 'jobs'
    WHEN status = 'blocked' THEN 'key'
    WHEN status = 'paused' THEN 'queue' END) STORED,
  ADD COLUMN held_key text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN status = 'running' THEN concurrency_key END) STORED;
ALTER INDEX ideamine.jobs_pkey RESET (fillfactor);
-- After that: what has ended needs no room.
ALTER TABLE ideamine.jobs SET (fillfactor = 25);
COMMENT ON COLUMN ideamine.jobs.needs IS 'What it holds of its tenant''s quotas while it runs: cpu (cores), memory (GB) and gpu; NULL: nothing but its run';
COMMENT ON COLUMN ideamine.jobs.waits_for IS 'See type ideamine.job_wait; NULL: for a worker at most';
COMMENT ON COLUMN ideamine.jobs.held_key IS 'Its concurrency key while it is running';

CREATE INDEX jobs_scheduled ON ideamine.jobs (run_at)
  WHERE waits_for = 'time';
COMMENT ON INDEX ideamine.jobs_scheduled IS 'Jobs that wait for their time, in the order in which they come due';

CREATE INDEX jobs_holding_key ON ideamine.jobs (tenant_id, held_key)
  WHERE held_key IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_holding_key IS 'Running jobs by concurrency key';

CREATE INDEX jobs_behind_key ON ideamine.jobs (tenant_id, concurrency_key, priority_class, ready_at, job_id)
  WHERE waits_for = 'key';
COMMENT ON INDEX ideamine.jobs_behind_key IS 'Jobs that were ready but met no room for their concurrency key, in the order in which they come back';

CREATE INDEX jobs_paused ON ideamine.jobs (tenant_id, queue)
  WHERE waits_for = 'queue';
COMMENT ON INDEX ideamine.jobs_paused IS 'Jobs of paused queues, for resuming a queue';

ALTER TABLE ideamine.job_dependencies DROP CONSTRAINT job_dependencies_job_fkey,
  DROP CONSTRAINT job_dependencies_depends_on_fkey;
COMMENT ON TABLE ideamine.jobs IS 'Jobs from their creation until some time after their ends, when they are moved to ideamine.job_history; the view v_jobs has both';
