-- The same jobs in the queue of baseline.sql and in ideamine's.
\ir baseline.sql
TRUNCATE baseline.queue, baseline.executions;
TRUNCATE ideamine.jobs, ideamine.ended_attempts, ideamine.workers CASCADE;
SELECT count(*) FROM ideamine.create_jobs(NULL, (
  SELECT jsonb_agg(jsonb_build_object('job_type', 'embed', 'payload', jsonb_build_object('page', i)))
  FROM generate_series(1, 60000) i));
INSERT INTO baseline.queue (id, tenant, priority, job_type, payload, run_at, created_at)
  SELECT job_id, tenant_id, 2, job_type, payload, run_at, created_at FROM ideamine.jobs;
VACUUM ANALYZE baseline.queue;
VACUUM ANALYZE ideamine.jobs;
CHECKPOINT;
