-- The queue that a team writes by hand: rows claimed with FOR UPDATE SKIP LOCKED, a lease that can be found when
-- it runs out, and a row for each execution. The statements of its workers are in tools/queue_load/hand_queue.cpp.
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS baseline;

CREATE TABLE IF NOT EXISTS baseline.queue (
  id           uuid PRIMARY KEY,
  tenant       text NOT NULL,
  status       text NOT NULL DEFAULT 'pending',
  priority     integer NOT NULL,
  job_type     text NOT NULL,
  payload      jsonb NOT NULL,
  run_at       timestamptz NOT NULL,
  created_at   timestamptz NOT NULL,
  worker       text,
  attempt      integer NOT NULL DEFAULT 0,
  started_at   timestamptz,
  locked_until timestamptz,
  result       jsonb,
  finished_at  timestamptz
);
CREATE INDEX IF NOT EXISTS queue_pending ON baseline.queue (priority, run_at) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS queue_leases ON baseline.queue (locked_until) WHERE status = 'running';

CREATE TABLE IF NOT EXISTS baseline.executions (
  job_id     uuid NOT NULL,
  attempt    integer NOT NULL,
  worker     text,
  started_at timestamptz,
  ended_at   timestamptz,
  outcome    text NOT NULL,
  PRIMARY KEY (job_id, attempt)
);
