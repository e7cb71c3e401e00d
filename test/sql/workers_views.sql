-- v_workers, v_job_counts, v_priority_queue, v_workers_internal: what they show, against the tables.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex'), ideamine.create_tenant('idle');
-- Makes jobs of these types, in this order, with these options.
CREATE FUNCTION pg_temp.make(types text, options jsonb DEFAULT '{}', tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM ideamine.create_jobs(tenant, (SELECT jsonb_agg(options || jsonb_build_object('job_type', type) ORDER BY i)
    FROM regexp_split_to_table(types, ' ') WITH ORDINALITY AS t (type, i)))$$;
CREATE FUNCTION pg_temp.acquire(worker uuid, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM ideamine.acquire_jobs(worker, jobs)';
CREATE FUNCTION pg_temp.complete(type text) RETURNS integer LANGUAGE sql AS
  $$SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = type AND status = 'running'$$;
CREATE FUNCTION pg_temp.fail(type text, again boolean DEFAULT false) RETURNS ideamine.job_status LANGUAGE sql AS
  $$SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', again, '1 hour') f WHERE job_type = type AND j.status = 'running'$$;
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices';

-- v_workers: what was registered, and what each holds.
SELECT ideamine.register_worker('plain') AS plain \gset
SELECT ideamine.register_worker('special', '{llm,gpu}', 3, '{globex,acme}') AS special \gset
SELECT worker_type, status, capabilities, tenants, capacity, jobs_held, current_job_id, metrics, deviations, ended_at, replaced_by FROM ideamine.v_workers ORDER BY worker_type;
SELECT v.worker_type FROM ideamine.v_workers v JOIN ideamine.workers w USING (worker_id, worker_type, status, last_heartbeat_at, registered_at) ORDER BY 1;
SELECT pg_temp.make('a b c d e'), pg_temp.acquire(:'plain', 1), pg_temp.acquire(:'plain', 1), pg_temp.acquire(:'special', 3);
SELECT worker_type, jobs_held, job_type AS current_job FROM ideamine.v_workers JOIN ideamine.jobs ON job_id = current_job_id ORDER BY 1;
-- The current job is the one that it holds longest.
SELECT pg_temp.complete('a');
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'c';
SELECT pg_temp.acquire(:'special', 1);
SELECT worker_type, jobs_held, job_type AS current_job FROM ideamine.v_workers JOIN ideamine.jobs ON job_id = current_job_id ORDER BY 1;
-- What ended or was taken away is not held.
SELECT pg_temp.fail('b'), c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'd';
SELECT worker_type, jobs_held, job_type AS current_job FROM ideamine.v_workers LEFT JOIN ideamine.jobs ON job_id = current_job_id ORDER BY 1;
-- It agrees with the table of jobs.
SELECT worker_type, jobs_held = (SELECT count(*) FROM ideamine.jobs j WHERE j.worker_id = v.worker_id AND j.status = 'running') AS agrees FROM ideamine.v_workers v ORDER BY 1;
-- What it last said about itself; silence since the last sign of life.
SELECT count(*) FROM ideamine.heartbeat(:'special', '{"cpu": 0.5}');
UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '1 hour' WHERE worker_id = :'plain';
SELECT worker_type, metrics, silent_for >= '1 hour' AS long_silent, silent_for >= '0' AS since_then FROM ideamine.v_workers ORDER BY 1;
-- Those that ended stay, without silence and jobs.
SELECT ideamine.drain_worker(:'special');
SELECT worker_type, status FROM ideamine.v_workers ORDER BY 1;
SELECT ideamine.terminate_worker(:'special');
SELECT jobs_requeued FROM ideamine.mark_stale_workers();
SELECT ideamine.replace_failed_worker(:'plain') AS successor \gset
SELECT worker_type, status, jobs_held, current_job_id, silent_for IS NULL AS not_silent, ended_at IS NOT NULL AS ended, replaced_by = :'successor' AS replaced
FROM ideamine.v_workers ORDER BY worker_type, registered_at;

-- v_job_counts: per tenant how many jobs in each state, each counted once; completed and cancelled ones are not.
CALL pg_temp.forget_jobs();
SELECT * FROM ideamine.v_job_counts;
SELECT ideamine.register_worker('counted') AS worker \gset
SELECT pg_temp.make('done'), pg_temp.acquire(:'worker'), pg_temp.complete('done');
SELECT pg_temp.make('dropped');
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'dropped';
SELECT * FROM ideamine.v_job_counts;
SELECT pg_temp.make('dead1 dead2 retried running1 running2 running3'), pg_temp.acquire(:'worker'), pg_temp.fail('dead1'), pg_temp.fail('dead2'), pg_temp.fail('retried', true);
SELECT pg_temp.make('ready1 ready2'), pg_temp.make('gpu', '{"required_capabilities": ["gpu"]}'), pg_temp.make('theirs', tenant => 'globex');
SELECT count(*) FROM ideamine.create_job('acme', 'scheduled', run_at => now() + interval '1 hour');
SELECT count(*) FROM ideamine.create_job('acme', 'blocked', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'running1'));
SELECT pg_temp.make('paused1 paused2', '{"queue": "mail"}'), ideamine.pause_queue('acme', 'mail');
SELECT * FROM ideamine.v_job_counts ORDER BY tenant_id;
-- Jobs that come to a paused queue are in a paused queue, also before a worker has met them.
SELECT pg_temp.make('paused3', '{"queue": "mail"}'), pg_temp.make('theirs_too', '{"queue": "mail"}', 'globex');
SELECT * FROM ideamine.v_job_counts ORDER BY tenant_id;
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker')) AS type;
SELECT * FROM ideamine.v_job_counts ORDER BY tenant_id;
-- Those who wait for votes or for their key are blocked.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('k1 k2 k3', '{"concurrency_key": "k"}'), pg_temp.acquire(:'worker');
SELECT * FROM ideamine.v_job_counts;
SELECT pg_temp.make('answer', '{"quorum": {"votes": 3, "agree": 2}}', 'globex'), pg_temp.acquire(:'worker');
SELECT * FROM ideamine.v_job_counts ORDER BY tenant_id;
-- A letter whose job is gone still counts.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('dead'), pg_temp.acquire(:'worker'), pg_temp.fail('dead');
DELETE FROM ideamine.jobs;
SELECT * FROM ideamine.v_job_counts;

-- v_priority_queue: the highest class first, then the tenants in turns, and who is ready longest.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a1 a2 a3'), pg_temp.make('g1', tenant => 'globex'), pg_temp.make('a4'), pg_temp.make('g2', tenant => 'globex'),
       pg_temp.make('low', '{"priority_class": "P3"}'), pg_temp.make('urgent', '{"priority_class": "P0"}', 'globex'), pg_temp.make('high1 high2', '{"priority_class": "P1"}');
SELECT position, tenant_id, job_type, queue, priority_class, turn, required_capabilities FROM ideamine.v_priority_queue ORDER BY position;
SELECT bool_and(q.ready_at = j.ready_at) AS ready_then, bool_and(q.waited >= '0') AS waited FROM ideamine.v_priority_queue q JOIN ideamine.jobs j USING (tenant_id, job_id, job_type, queue);
-- Within a tenant it agrees with get_runnable_jobs().
SELECT q.job_type, row_number() OVER (ORDER BY q.position) = r.position AS agrees FROM ideamine.v_priority_queue q JOIN ideamine.get_runnable_jobs('acme') r USING (job_id) ORDER BY q.position;
-- And with what workers get, one job at a time: only who has the first turn is left to them.
SELECT array_agg(job_type ORDER BY position) AS listed FROM ideamine.v_priority_queue WHERE tenant_id = 'acme' \gset
CREATE FUNCTION pg_temp.acquire_each(worker uuid) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  jobs text[] := '{}';
  job  text;
BEGIN
  LOOP
    SELECT job_type INTO job FROM ideamine.acquire_jobs(worker);
    EXIT WHEN job IS NULL;
    jobs := jobs || job;
  END LOOP;
  RETURN jobs;
END
$$;
SELECT pg_temp.acquire_each(:'worker') AS got \gset
SELECT :'listed'::text[] = ARRAY(SELECT job FROM unnest(:'got'::text[]) WITH ORDINALITY AS g (job, n) WHERE job !~ '^g|urgent' ORDER BY n) AS as_listed;
SELECT (:'got'::text[])[1:3] AS first, array_length(:'got'::text[], 1) AS jobs;
SELECT count(*) FROM ideamine.v_priority_queue;
-- Only what may be acquired: not what is scheduled, blocked, running, ended or paused; what a worker must be able to do does not matter.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('done running'), pg_temp.acquire(:'worker'), pg_temp.complete('done');
SELECT count(*) FROM ideamine.create_job('acme', 'scheduled', run_at => now() + interval '1 hour');
SELECT count(*) FROM ideamine.create_job('acme', 'blocked', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'running'));
SELECT pg_temp.make('paused', '{"queue": "mail"}'), ideamine.pause_queue('acme', 'mail'), pg_temp.make('late', '{"queue": "mail"}');
SELECT pg_temp.make('theirs', '{"queue": "mail"}', 'globex'), pg_temp.make('gpu', '{"required_capabilities": ["gpu", "arm"]}'), pg_temp.make('plain');
SELECT job_type, turn, required_capabilities FROM ideamine.v_priority_queue ORDER BY job_type;
-- A job that was handed back stands first again; one that became runnable later stands last.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('first'), pg_temp.acquire(:'worker');
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'first'));
SELECT pg_temp.make('second'), pg_temp.complete('first'), pg_temp.make('third'), pg_temp.acquire(:'worker', 1);
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'second';
SELECT position, job_type FROM ideamine.v_priority_queue ORDER BY position;

-- Without ideamine.databases there are no background workers to show.
SELECT * FROM ideamine.get_background_workers();
SELECT * FROM ideamine.v_workers_internal;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'ideamine.v_workers_internal'::regclass AND attnum > 0 ORDER BY attnum;

-- Who may look: readers at the queue and the workers, administrators at the background workers too.
CREATE FUNCTION pg_temp.may(role text) RETURNS TABLE (role text, view text, reads boolean) LANGUAGE sql AS
  $$SELECT role, view, has_table_privilege('ideamine_' || role, 'ideamine.' || view, 'SELECT') FROM unnest('{v_workers,v_job_counts,v_priority_queue,v_workers_internal}'::text[]) AS view$$;
SELECT view, array_agg(m.role ORDER BY m.role) FILTER (WHERE reads) AS readers FROM unnest('{reader,app,worker,admin}'::text[]) AS r, pg_temp.may(r) AS m GROUP BY view ORDER BY view;
SET ROLE ideamine_reader;
SELECT count(*) > 0 AS some FROM ideamine.v_workers;
SELECT tenant_id, ready FROM ideamine.v_job_counts;
SELECT count(*) FROM ideamine.v_priority_queue;
SELECT * FROM ideamine.v_workers_internal;
SELECT * FROM ideamine.get_background_workers();
SET ROLE ideamine_admin;
SELECT * FROM ideamine.v_workers_internal;
RESET ROLE;
