-- jobs: moving those that have ended to history, and reading both as one.

-- Times in ended_attempts are text.
CREATE OR REPLACE FUNCTION ideamine.move_to_history(at timestamptz DEFAULT NULL)
RETURNS TABLE (moved bigint, more boolean)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET timezone = 'UTC'
AS 'MODULE_PATHNAME', 'ideamine_move_to_history';
COMMENT ON FUNCTION ideamine.move_to_history(timestamptz) IS
'One pass of the duty that moves jobs which ended longer than ideamine.history_after ago from ideamine.jobs to
ideamine.job_history, with their attempts and what they waited for. It stops when it has moved 10000, or after half a
second; the next pass goes on behind it, and one that comes to the end begins anew. While somebody else is at it, it moves
nothing. Jobs with a dead letter, failures that a blocked job waits for, and votes on a job that is not decided stay;
those that ended longer than ideamine.job_retention ago are left to purge_finished_jobs().
Returns how many jobs were moved, and whether there are so many that the next pass should follow at once (more).
at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.move_to_history(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.move_to_history(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.drop_old_history(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_drop_old_history';
COMMENT ON FUNCTION ideamine.drop_old_history(timestamptz) IS
'One pass of the duty that drops the oldest partition of ideamine.job_history, if its day ended longer than
ideamine.job_retention ago. If somebody is reading history for longer than 0.1 s, it is left for another time.
Returns how many partitions were dropped: 1 or 0. at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.drop_old_history(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.drop_old_history(timestamptz) TO ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_jobs WITH (security_invoker = true) AS
  SELECT job_id, tenant_id, job_type, queue, priority_class, status, payload, result, last_error, cancel_reason, context,
         attempt, epoch, worker_id, project_id, run_id, phase, run_at, created_at, ready_at, started_at, finished_at, lease,
         timeout, max_retries, retry_base, retry_factor, retry_cap, checkpoint, open_dependencies, dependents,
         required_capabilities, concurrency_key, concurrency_limit, quorum, quorum_of, needs,
         preemptions, preempted_at, resumed_at, preemption_reason, checkpoint_at
  FROM ideamine.jobs
  UNION ALL
  SELECT job_id, tenant_id, job_type, queue, priority_class, status, payload, result, last_error, cancel_reason, context,
         attempt, epoch, worker_id, project_id, run_id, phase, run_at, created_at, ready_at, started_at, finished_at, lease,
         timeout, max_retries, retry_base, retry_factor, retry_cap, checkpoint, open_dependencies, dependents,
         required_capabilities, concurrency_key, concurrency_limit, quorum, quorum_of, needs,
         preemptions, preempted_at, resumed_at, preemption_reason, checkpoint_at
  FROM ideamine.job_history;
COMMENT ON VIEW ideamine.v_jobs IS 'Every job, from its creation until retention removes it: ideamine.jobs and ideamine.job_history';
GRANT SELECT ON ideamine.v_jobs TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine_internal.copy_column_comments(model regclass, relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text;
  meaning text;
BEGIN
  FOR name, meaning IN
    SELECT r.attname, col_description(m.attrelid, m.attnum) FROM pg_attribute AS m JOIN pg_attribute AS r ON r.attname = m.attname
    WHERE m.attrelid = model AND m.attnum > 0 AND r.attrelid = relation AND r.attnum > 0
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, name, meaning);
  END LOOP;
END
$$;
COMMENT ON FUNCTION ideamine_internal.copy_column_comments(regclass, regclass) IS
'Says of the columns of a relation what those of the same names in another one mean. model: that one; relation: which is told';
REVOKE ALL ON FUNCTION ideamine_internal.copy_column_comments(regclass, regclass) FROM PUBLIC;

-- A row that was moved means what it meant.
SELECT ideamine_internal.copy_column_comments('ideamine.jobs', 'ideamine.job_history');
SELECT ideamine_internal.copy_column_comments('ideamine.jobs', 'ideamine.v_jobs');
