-- raise_waiting_jobs: nobody waits for ever.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts;

SELECT ideamine.create_tenant('acme');
SELECT ideamine.register_worker('test') AS worker \gset
CREATE PROCEDURE pg_temp.wait(type text, waited interval) LANGUAGE sql AS $$
  UPDATE ideamine.jobs SET ready_at = ready_at - waited WHERE job_type = type;
  SELECT ideamine.reload_dispatch();
$$;
SELECT count(*) FROM unnest('{P0,P1,P2,P3}'::text[]) AS class, ideamine.create_job('acme', 'new ' || class, '{}', class);
SELECT count(*) FROM unnest('{P1,P2,P3}'::text[]) AS class, ideamine.create_job('acme', 'old ' || class, '{}', class);
CALL pg_temp.wait('old P1', '1 day');
CALL pg_temp.wait('old P2', '20 minutes');
CALL pg_temp.wait('old P3', '20 minutes');
SELECT ideamine.raise_waiting_jobs();
SELECT job_type, priority_class, effective_class FROM ideamine.v_priority_queue ORDER BY position;
SELECT job_type, priority_class FROM ideamine.get_runnable_jobs('acme', 10) ORDER BY position;
SELECT (SELECT job_type FROM ideamine.acquire_jobs(w.worker_id)) AS handed_out FROM ideamine.workers AS w, generate_series(1, 7) AS n WHERE n > 0;

-- After two intervals P3 goes with P1, and never with P0.
SELECT count(*) FROM unnest('{P1,P3}'::text[]) AS class, ideamine.create_job('acme', 'new ' || class, '{}', class);
SELECT count(*) FROM ideamine.create_job('acme', 'oldest', '{}', 'P3');
CALL pg_temp.wait('oldest', '30 days');
SELECT ideamine.raise_waiting_jobs();
SELECT effective_class FROM ideamine.v_priority_queue WHERE job_type = 'oldest';
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT job_type FROM ideamine.acquire_jobs(:'worker');

-- Time is an argument; without an interval nothing ages.
SELECT count(*) FROM unnest('{P2,P3}'::text[]) AS class, ideamine.create_job('acme', 'later ' || class, '{}', class);
CALL pg_temp.wait('later P3', '1 second');
SELECT ideamine.raise_waiting_jobs(), ideamine.raise_waiting_jobs(now() + interval '14 minutes 59.5 seconds');
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
SELECT ideamine.create_job('acme', 'later P2', '{}', 'P2') IS NOT NULL AS created;
SET ideamine.aging_interval = 0;
SELECT ideamine.raise_waiting_jobs(now() + interval '1 day');
SELECT effective_class FROM ideamine.v_priority_queue WHERE job_type = 'later P2';
RESET ideamine.aging_interval;
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT ideamine.raise_waiting_jobs();
