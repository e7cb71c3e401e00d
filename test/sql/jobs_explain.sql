-- explain_job: a row for each thing that a job waits for.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql


SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
-- Makes jobs of these types, in this order, with these options.
CREATE FUNCTION pg_temp.make(types text, options jsonb DEFAULT '{}', tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM ideamine.create_jobs(tenant, (SELECT jsonb_agg(options || jsonb_build_object('job_type', type) ORDER BY i)
    FROM regexp_split_to_table(types, ' ') WITH ORDINALITY AS t (type, i)))$$;
CREATE FUNCTION pg_temp.acquire(worker uuid, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM ideamine.acquire_jobs(worker, jobs)';
CREATE FUNCTION pg_temp.complete(type text) RETURNS integer LANGUAGE sql AS
  $$SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = type AND status = 'running'$$;
CREATE FUNCTION pg_temp.fail(type text, again boolean DEFAULT false, retry_after interval DEFAULT NULL) RETURNS ideamine.job_status LANGUAGE sql AS
  $$SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', again, retry_after) f WHERE job_type = type AND j.status = 'running'$$;
-- Why a job is not running, in no order of its own; with ids and times masked, and the related job by its type.
CREATE FUNCTION pg_temp.why(type text) RETURNS TABLE (reason text, explanation text, related text, until timestamptz) LANGUAGE sql AS $$
  SELECT e.reason, regexp_replace(regexp_replace(e.explanation,
      '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}', '<id>', 'g'),
      '\w{3} \w{3} \d\d \d\d:\d\d:\d\d(\.\d+)? \d{4} \w+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d', '<time>', 'g'),
    r.job_type, e.until
  FROM ideamine.jobs j CROSS JOIN LATERAL ideamine.explain_job(j.tenant_id, j.job_id) e LEFT JOIN ideamine.jobs r ON r.job_id = e.related_job
  WHERE j.job_type = type AND j.quorum_of IS NULL ORDER BY e.reason, r.job_id$$;
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices';

-- In line: how many jobs of its tenant and class are ready longer.
SELECT pg_temp.make('a b c'), pg_temp.make('other', tenant => 'globex');
SELECT * FROM pg_temp.why('a');
SELECT * FROM pg_temp.why('b');
SELECT * FROM pg_temp.why('c');
SELECT * FROM pg_temp.why('other');
-- Those of other classes are not counted.
SELECT pg_temp.make('urgent', '{"priority_class": "P0"}'), pg_temp.make('low', '{"priority_class": "P3"}');
SELECT * FROM pg_temp.why('a');
SELECT * FROM pg_temp.why('urgent');
SELECT * FROM pg_temp.why('low');
-- It looks, and changes nothing; what is handed out is no longer ahead.
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker', 3)) AS type;
SELECT * FROM pg_temp.why('b');
SELECT * FROM pg_temp.why('c');
-- Also those that require something else are ahead, as get_runnable_jobs() lists them.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('able', '{gpu,llm}') AS able \gset
SELECT pg_temp.make('a b'), pg_temp.make('c', '{"required_capabilities": ["gpu"]}'), pg_temp.make('d', '{"required_capabilities": ["llm"]}'), pg_temp.make('e');
SELECT position, job_type FROM ideamine.get_runnable_jobs('acme');
SELECT j.job_type, e.reason, e.explanation FROM ideamine.jobs j, ideamine.explain_job(tenant_id, job_id) e ORDER BY job_id;
SELECT pg_temp.acquire(:'able', 2);
SELECT * FROM pg_temp.why('c');
SELECT * FROM pg_temp.why('e');
-- A job that was handed back is first again.
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'b';
SELECT * FROM pg_temp.why('b');
SELECT * FROM pg_temp.why('c');
-- Counting ends at 10000.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg('{"job_type": "ahead"}'::jsonb) FROM generate_series(1, 9999)));
SELECT pg_temp.make('a b c');
SELECT * FROM pg_temp.why('a');
SELECT * FROM pg_temp.why('b');
SELECT * FROM pg_temp.why('c');

-- Scheduled: until when, exactly.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'later', run_at => '2999-12-31 12:00:00+00');
SELECT reason, explanation, until = '2999-12-31 12:00:00+00' AS its_time FROM pg_temp.why('later');
-- One whose time has come stands in line, also before anybody has noticed.
SELECT count(*) FROM ideamine.create_job('acme', 'due', run_at => now() + interval '1 hour');
UPDATE ideamine.jobs SET run_at = now() - interval '1 minute' WHERE job_type = 'due';
SELECT position, job_type FROM ideamine.get_runnable_jobs('acme');
SELECT * FROM pg_temp.why('due');
SELECT pg_temp.make('now');
SELECT * FROM pg_temp.why('now');
SELECT ideamine.promote_scheduled_jobs();
SELECT * FROM pg_temp.why('due');
SELECT * FROM pg_temp.why('now');
-- A failed attempt that is tried again later: until the time that fail_job() said.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('flaky'), pg_temp.acquire(:'worker'), pg_temp.fail('flaky', true, '1 hour');
SELECT reason, explanation, until = run_at AS at_its_retry, until > now() + interval '59 minutes' AS in_an_hour FROM pg_temp.why('flaky'), ideamine.jobs;

-- Running: by whom, which attempt, and until its lease ends.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('runs'), pg_temp.acquire(:'worker');
SELECT e.reason, e.explanation = format('worker %s runs attempt 1', :'worker') AS says_who, e.related_job, e.until = j.started_at + j.lease AS its_lease
FROM ideamine.jobs j, ideamine.explain_job(tenant_id, job_id) e;
-- A heartbeat moves that on.
UPDATE ideamine.jobs SET started_at = started_at - interval '30 seconds';
SELECT count(*) FROM ideamine.heartbeat(:'worker');
SELECT e.until = w.last_heartbeat_at + j.lease AS from_the_heartbeat FROM ideamine.jobs j JOIN ideamine.v_workers w USING (worker_id), ideamine.explain_job(tenant_id, job_id) e;
SELECT pg_temp.fail('runs', true, '0'), pg_temp.acquire(:'worker');
SELECT reason, explanation, related, until > now() AS live FROM pg_temp.why('runs');
-- One that runs is not said to wait for what holds up others: its paused queue, its key, a worker.
SELECT ideamine.pause_queue('acme'), ideamine.drain_worker(:'worker'), ideamine.drain_worker(:'able');
SELECT reason FROM pg_temp.why('runs');

-- Ended: completed, dead, cancelled, and since when.
CALL pg_temp.forget_jobs();
UPDATE ideamine.workers SET status = 'active';
SELECT pg_temp.make('done dead dropped'), pg_temp.acquire(:'worker', 2), pg_temp.complete('done'), pg_temp.fail('dead');
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id, 'not needed') c WHERE job_type = 'dropped';
SELECT * FROM pg_temp.why('done');
SELECT * FROM pg_temp.why('dead');
SELECT * FROM pg_temp.why('dropped');
SELECT e.explanation = format('it is %s since %s', j.status, j.finished_at) AS since_then FROM ideamine.jobs j, ideamine.explain_job(tenant_id, job_id) e;
-- A dead letter that gets another chance waits like any other.
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.why('dead');

-- Dependencies: a row for each job that it still waits for.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"}, {"key": "c", "job_type": "c", "depends_on": ["a"]},
  {"key": "d", "job_type": "d", "depends_on": ["a", "b", "c"]}]');
SELECT * FROM pg_temp.why('d');
SELECT e.explanation = format('it depends on c %s, which is blocked', e.related_job) AS names_it
FROM ideamine.jobs j, ideamine.explain_job(tenant_id, job_id) e WHERE job_type = 'd' AND e.related_job = (SELECT job_id FROM ideamine.jobs WHERE job_type = 'c');
SELECT pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a');
SELECT * FROM pg_temp.why('d');
SELECT * FROM pg_temp.why('c');
SELECT pg_temp.acquire(:'worker'), pg_temp.complete('c'), pg_temp.complete('b');
SELECT * FROM pg_temp.why('d');
-- One that stays blocked although what it waits for has failed says so; one that may run all the same does not wait for that.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b"}, {"key": "c", "job_type": "c"},
  {"job_type": "stays", "depends_on": ["a", "b"], "on_failure": "blocked"}, {"job_type": "runs", "depends_on": ["a", "b"], "on_failure": "run"},
  {"job_type": "follows", "depends_on": ["a", "b"]}, {"job_type": "stays too", "depends_on": ["c"], "on_failure": "blocked"}]');
SELECT pg_temp.acquire(:'worker'), pg_temp.fail('a');
SELECT count(*) FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) WHERE job_type = 'c';
SELECT * FROM pg_temp.why('stays');
SELECT * FROM pg_temp.why('stays too');
SELECT * FROM pg_temp.why('runs');
SELECT * FROM pg_temp.why('follows');

-- Concurrency: who waits for a key says how many run and how many may, whether or not a worker has met it.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c d', '{"concurrency_key": "k", "concurrency_limit": 2}'), pg_temp.acquire(:'worker', 2);
SELECT * FROM pg_temp.why('c');
SELECT pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.why('c');
SELECT * FROM pg_temp.why('d');
SELECT pg_temp.complete('a');
SELECT * FROM pg_temp.why('c');
SELECT * FROM pg_temp.why('d');
-- Keys are a tenant's own.
SELECT pg_temp.make('theirs', '{"concurrency_key": "k"}', 'globex');
SELECT * FROM pg_temp.why('theirs');

-- A paused queue: with its reason, if one was given, for jobs that were there and those that came later.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('early', '{"queue": "mail"}'), pg_temp.make('other'), ideamine.pause_queue('acme', 'mail', 'the provider is down'), pg_temp.make('late', '{"queue": "mail"}');
SELECT * FROM pg_temp.why('early');
SELECT * FROM pg_temp.why('late');
SELECT * FROM pg_temp.why('other');
SELECT pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.why('late');
SELECT ideamine.resume_queue('acme', 'mail'), ideamine.pause_queue('acme', 'mail');
SELECT * FROM pg_temp.why('early');
SELECT e.explanation = format('its queue "mail" is paused since %s', q.paused_at) AS since_then
FROM ideamine.paused_queues q, ideamine.jobs j, ideamine.explain_job(j.tenant_id, j.job_id) e WHERE job_type = 'early' AND e.reason = 'queue_paused';
SELECT ideamine.resume_queue('acme', 'mail');
SELECT * FROM pg_temp.why('early');
-- The queue of that name of another tenant is not concerned.
SELECT ideamine.pause_queue('acme', 'mail');
SELECT pg_temp.make('theirs', '{"queue": "mail"}', 'globex');
SELECT * FROM pg_temp.why('theirs');

-- No worker: none that takes jobs can do all that it requires and serves its tenant.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('fpga', '{"required_capabilities": ["fpga"]}'), pg_temp.make('both', '{"required_capabilities": ["tpu", "gpu"]}'), pg_temp.make('gpu', '{"required_capabilities": ["gpu"]}');
SELECT * FROM pg_temp.why('fpga') WHERE reason = 'no_worker';
SELECT * FROM pg_temp.why('both') WHERE reason = 'no_worker';
SELECT * FROM pg_temp.why('gpu') WHERE reason = 'no_worker';
-- Two that can do it together are not enough; one that serves other tenants is none; degraded ones take jobs, draining and ended ones do not.
SELECT ideamine.register_worker('tpu', '{tpu}') IS NOT NULL AS made, ideamine.register_worker('elsewhere', '{tpu,gpu,fpga}', tenants => '{globex}') IS NOT NULL AS made;
SELECT reason FROM pg_temp.why('both') WHERE reason = 'no_worker';
SELECT ideamine.register_worker('every', '{tpu,gpu,fpga,llm}', tenants => '{acme}') AS every \gset
SELECT reason FROM pg_temp.why('both') WHERE reason = 'no_worker';
UPDATE ideamine.workers SET status = 'degraded' WHERE worker_id = :'every';
SELECT reason FROM pg_temp.why('both') WHERE reason = 'no_worker';
SELECT ideamine.drain_worker(:'every');
SELECT reason FROM pg_temp.why('both') WHERE reason = 'no_worker';
SELECT ideamine.terminate_worker(:'every');
SELECT reason FROM pg_temp.why('both') WHERE reason = 'no_worker';
SELECT pg_temp.make('plain');
SELECT ideamine.drain_worker(:'worker'), ideamine.drain_worker(:'able'), ideamine.drain_worker(worker_id) FROM ideamine.workers WHERE worker_type = 'tpu';
SELECT * FROM pg_temp.why('plain') WHERE reason = 'no_worker';
UPDATE ideamine.workers SET status = 'active' WHERE worker_type <> 'every';
SELECT * FROM pg_temp.why('plain') WHERE reason = 'no_worker';

-- Quorum: how many votes are given.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('answer', '{"quorum": {"votes": 3, "agree": 2}}');
SELECT * FROM pg_temp.why('answer');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker');
SELECT * FROM pg_temp.why('answer');
SELECT pg_temp.complete('answer');
SELECT * FROM pg_temp.why('answer');
-- Its votes are explained as jobs of their own.
SELECT e.reason, e.explanation FROM ideamine.jobs j, ideamine.explain_job(tenant_id, job_id) e WHERE quorum_of IS NOT NULL AND status = 'pending' ORDER BY job_id;
SELECT count(*) FROM ideamine.acquire_jobs(:'able');
SELECT pg_temp.complete('answer');
SELECT * FROM pg_temp.why('answer');
-- What its votes wait for, it waits for: jobs, a key, a worker, a time, a queue.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"job_type": "answer", "depends_on": ["a"], "quorum": {"votes": 2, "agree": 2}}]');
SELECT * FROM pg_temp.why('answer');
SELECT pg_temp.acquire(:'worker'), pg_temp.complete('a') IS NOT NULL AS completed;
SELECT * FROM pg_temp.why('answer');
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('answer', '{"quorum": {"votes": 2, "agree": 2}, "concurrency_key": "k"}'), pg_temp.acquire(:'worker', 1);
SELECT * FROM pg_temp.why('answer');
SELECT pg_temp.acquire(:'able');
SELECT * FROM pg_temp.why('answer');
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('answer', '{"quorum": {"votes": 2, "agree": 2}, "required_capabilities": ["unheard of"]}'), ideamine.pause_queue('acme');
SELECT * FROM pg_temp.why('answer');
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'answer', run_at => '2999-12-31 12:00:00+00', options => '{"quorum": {"votes": 2, "agree": 2}}');
SELECT * FROM pg_temp.why('answer');

-- Several reasons: a row for each.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'parent');
SELECT count(*) FROM ideamine.create_job('acme', 'unlucky', run_at => '2999-12-31 12:00:00+00', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs),
  options => '{"queue": "mail", "required_capabilities": ["unheard of"], "concurrency_key": "k"}');
SELECT ideamine.pause_queue('acme', 'mail');
SELECT * FROM pg_temp.why('unlucky');

-- The tenant may be left to the setting; reading takes no more than the right to read.
SET ideamine.tenant_id = 'acme';
SELECT reason FROM ideamine.jobs j, ideamine.explain_job(NULL, job_id) WHERE job_type = 'parent';
RESET ideamine.tenant_id;
BEGIN TRANSACTION READ ONLY;
SET LOCAL ROLE ideamine_reader;
SELECT reason FROM ideamine.jobs j, ideamine.explain_job('acme', job_id) WHERE job_type = 'parent';
COMMIT;

-- Unknown jobs, also those of other tenants, and missing arguments.
CALL pg_temp.refused($$SELECT * FROM ideamine.explain_job('acme', '00000000-0000-0000-0000-000000000000')$$);
SELECT job_id AS job FROM ideamine.jobs WHERE job_type = 'parent' \gset
CALL pg_temp.refused('SELECT * FROM ideamine.explain_job(%L, %L)', 'globex', :'job');
CALL pg_temp.refused('SELECT * FROM ideamine.explain_job(%L, %L)', 'nobody', :'job');
CALL pg_temp.refused('SELECT * FROM ideamine.explain_job(%L, %L)', '', :'job');
CALL pg_temp.refused($$SELECT * FROM ideamine.explain_job('acme', NULL)$$);
