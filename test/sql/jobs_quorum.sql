-- quorum: several workers run a job, and it is completed when enough of their results are the same.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
CREATE TABLE pg_temp.who (name text, worker_id uuid);
INSERT INTO pg_temp.who SELECT name, ideamine.register_worker(name) FROM unnest('{w1,w2,w3,w4,w5}'::text[]) AS name;
CREATE FUNCTION pg_temp.acquire(who text, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM pg_temp.who w, ideamine.acquire_jobs(w.worker_id, jobs) WHERE w.name = who';
-- Completes what a worker holds.
CREATE FUNCTION pg_temp.vote(who text, result jsonb) RETURNS text LANGUAGE sql AS
  $$SELECT string_agg(format('unblocked %s', ideamine.complete_job(j.tenant_id, j.job_id, j.epoch, vote.result)), ', ') FROM pg_temp.who w JOIN ideamine.jobs j USING (worker_id),
    (SELECT $2) AS vote (result) WHERE w.name = who AND j.status = 'running'$$;
CREATE FUNCTION pg_temp.fail(who text, again boolean DEFAULT false) RETURNS ideamine.job_status LANGUAGE sql AS
  $$SELECT f.status FROM pg_temp.who w JOIN ideamine.jobs j USING (worker_id), ideamine.fail_job(j.tenant_id, j.job_id, j.epoch, 'boom', again, '0') f
    WHERE w.name = who AND j.status = 'running'$$;
-- Acquires and completes, one worker after the other: {"worker": result}.
CREATE FUNCTION pg_temp.votes(VARIADIC given text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  one text;
BEGIN
  FOREACH one IN ARRAY given LOOP
    PERFORM pg_temp.acquire(split_part(one, '=', 1));
    PERFORM pg_temp.vote(split_part(one, '=', 1), to_jsonb(split_part(one, '=', 2)));
  END LOOP;
  RETURN (SELECT format('%s %s', status, result) FROM ideamine.jobs WHERE quorum IS NOT NULL ORDER BY job_id DESC LIMIT 1);
END
$$;
CREATE FUNCTION pg_temp.make(type text, votes integer, agree integer, other jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS
  $$SELECT job_id FROM ideamine.create_job('acme', type, options => other || jsonb_build_object('quorum', jsonb_build_object('votes', votes, 'agree', agree)))$$;
CREATE VIEW pg_temp.state AS SELECT job_type, CASE WHEN quorum_of IS NULL THEN 'job' ELSE 'vote' END AS kind, j.status, result, w.name AS worker, coalesce(last_error, cancel_reason) AS why
FROM ideamine.jobs j LEFT JOIN pg_temp.who w USING (worker_id) ORDER BY coalesce(quorum_of, job_id), quorum_of NULLS FIRST, job_id;
CREATE PROCEDURE pg_temp.forget() LANGUAGE sql AS
  $$TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine_internal.stop_notices;
    UPDATE ideamine.workers SET status = 'active', deviations = 0, ended_at = NULL$$;

-- Two of three agree: the first two do, and the third vote is not asked for any more. The job has their result.
SELECT pg_temp.make('answer', 3, 2) AS job \gset
SELECT * FROM pg_temp.state;
SELECT quorum, quorum_of FROM ideamine.jobs WHERE job_id = :'job';
SELECT pg_temp.acquire('w1'), pg_temp.acquire('w2'), pg_temp.acquire('w3');
SELECT pg_temp.vote('w1', '{"n": 42, "s": "x"}');
SELECT status FROM ideamine.jobs WHERE job_id = :'job';
-- Equal as JSON, not as text.
SELECT pg_temp.vote('w2', '{"s": "x", "n": 42.0}');
SELECT * FROM pg_temp.state;
SELECT status, result, finished_at IS NOT NULL AS finished, started_at <= finished_at AS started FROM ideamine.get_job('acme', :'job');
-- Its worker learns of it.
SELECT h.tenant_id, h.reason FROM pg_temp.who w, ideamine.heartbeat(w.worker_id) h WHERE w.name = 'w3';
SELECT pg_temp.vote('w3', '1');
-- What workers got: the job's own type and payload; their attempts are the votes'.
SELECT count(*) FROM ideamine.job_executions e JOIN ideamine.jobs j USING (job_id) WHERE j.quorum_of = :'job';

-- The third decides when the first two differ.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a', 'w2=b');
SELECT pg_temp.votes('w3=b');
SELECT * FROM pg_temp.state;

-- No result at all is a result too.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made, pg_temp.acquire('w1'), pg_temp.acquire('w2') IS NOT NULL AS made;
SELECT pg_temp.vote('w1', NULL), pg_temp.vote('w2', NULL);
SELECT * FROM pg_temp.state;
-- And is not the JSON null.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 2) IS NOT NULL AS made, pg_temp.acquire('w1'), pg_temp.acquire('w2') IS NOT NULL AS made;
SELECT pg_temp.vote('w1', NULL), pg_temp.vote('w2', 'null');
SELECT * FROM pg_temp.state;

-- They do not agree: the job has failed, and is in the dead letter queue, once and without its votes.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a', 'w2=b', 'w3=c');
SELECT * FROM pg_temp.state;
SELECT job_type, payload, last_error, attempts FROM ideamine.dead_letter_queue;

-- As soon as that is sure: three of four can not be the same any more.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 4, 3) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a', 'w2=b');
SELECT pg_temp.acquire('w3');
SELECT pg_temp.votes('w4=c');
SELECT * FROM pg_temp.state;
SELECT h.reason FROM pg_temp.who w, ideamine.heartbeat(w.worker_id) h WHERE w.name = 'w3';

-- One of one, five of five.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 1, 1) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a');
SELECT pg_temp.make('answer', 5, 5) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a', 'w2=a', 'w3=a', 'w4=a');
SELECT pg_temp.votes('w5=a');

-- The same worker never gets two votes of one job: not at once, not later, not while it runs the first or has given it.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made, pg_temp.acquire('w1'), pg_temp.acquire('w1', 1), pg_temp.acquire('w1') IS NOT NULL AS made;
SELECT pg_temp.vote('w1', '1'), pg_temp.acquire('w1');
-- It gets votes of other jobs, and other jobs.
SELECT pg_temp.make('another', 3, 2) IS NOT NULL AS made;
SELECT count(*) FROM ideamine.create_job('acme', 'plain');
SELECT pg_temp.acquire('w1');
SELECT pg_temp.acquire('w2'), pg_temp.acquire('w3'), pg_temp.acquire('w4');

-- One that handed its vote back, or failed, may have it again; and one whose lease ran out.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made, pg_temp.acquire('w1') IS NOT NULL AS made;
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE status = 'running';
SELECT pg_temp.acquire('w1'), pg_temp.fail('w1', true), pg_temp.acquire('w1');
SELECT count(*) FROM ideamine.expire_leases(clock_timestamp() + interval '1 hour');
SELECT pg_temp.acquire('w1'), pg_temp.vote('w1', '1');
SELECT pg_temp.votes('w2=1', 'w3=1');
-- A vote that another worker took over counts as that one's.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made, pg_temp.acquire('w1') IS NOT NULL AS made;
SELECT epoch AS stale, job_id AS vote FROM ideamine.jobs WHERE status = 'running' \gset
SELECT count(*) FROM ideamine.expire_leases(clock_timestamp() + interval '1 hour');
SELECT pg_temp.acquire('w2'), pg_temp.acquire('w1');
CALL pg_temp.refused('SELECT ideamine.complete_job(%L, %L, %s, %L)', 'acme', :'vote', :'stale', '"stale"');
SELECT pg_temp.votes('w2="1"'), pg_temp.votes('w1="1"');

-- Votes that fail for good: they are lost, are nobody's letter, and the others decide.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made, pg_temp.acquire('w1'), pg_temp.fail('w1') IS NOT NULL AS made;
SELECT count(*) FROM ideamine.dead_letter_queue;
SELECT pg_temp.votes('w2=a');
SELECT pg_temp.votes('w3=a');
SELECT * FROM pg_temp.state;
-- Two that fail leave too few.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made, pg_temp.acquire('w1'), pg_temp.fail('w1') IS NOT NULL AS made;
SELECT pg_temp.acquire('w2'), pg_temp.fail('w2');
SELECT * FROM pg_temp.state;
SELECT job_type, last_error FROM ideamine.dead_letter_queue;
-- A failure that is retried is no lost vote.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 2, '{"max_retries": 1}') IS NOT NULL AS made, pg_temp.acquire('w1'), pg_temp.fail('w1', true) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a', 'w2=a');

-- Cancelling the job cancels its votes; workers that run one learn so, and the votes given do not count.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 3) AS job \gset
SELECT pg_temp.votes('w1=a'), pg_temp.acquire('w2');
SELECT status FROM ideamine.cancel_job('acme', :'job', 'not needed');
SELECT * FROM pg_temp.state;
SELECT h.reason FROM pg_temp.who w, ideamine.heartbeat(w.worker_id) h WHERE w.name = 'w2';
SELECT pg_temp.acquire('w3');
SELECT status, cancelled FROM ideamine.cancel_job('acme', :'job');
SELECT count(*) FROM ideamine.dead_letter_queue;

-- Dependents of the job wait for its decision, not for its votes, and get nothing else.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) AS job \gset
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY[:'job']::uuid[]);
SELECT pg_temp.votes('w1=a'), pg_temp.acquire('w1');
SELECT pg_temp.acquire('w2'), pg_temp.vote('w2', '"a"'), pg_temp.acquire('w1');
-- When it fails or is cancelled, they follow as their edges say.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 2) AS job \gset
SELECT count(*) FROM unnest('{cancel,run,blocked}'::text[]) AS policy,
  ideamine.create_job('acme', policy, depends_on => ARRAY[:'job']::uuid[], options => jsonb_build_object('on_failure', policy));
SELECT pg_temp.votes('w1=a', 'w2=b');
SELECT job_type, status, cancel_reason FROM ideamine.jobs WHERE job_type <> 'answer' ORDER BY 1;
SELECT job_type, context->'failed'->0->>'job_type' AS failed, context->'failed'->0->>'error' AS error FROM pg_temp.who w, ideamine.acquire_jobs(worker_id) WHERE name = 'w1';

-- A job with a quorum that depends on others: its votes wait, and get what the job would.
CALL pg_temp.forget();
SELECT job_id AS parent FROM ideamine.create_job('acme', 'parent') \gset
SELECT job_id AS job FROM ideamine.create_job('acme', 'answer', '{"question": 1}', 'P1', depends_on => ARRAY[:'parent']::uuid[], options => '{"quorum": {"votes": 2, "agree": 2}, "on_failure": "run"}') \gset
SELECT * FROM pg_temp.state;
SELECT pg_temp.acquire('w1'), pg_temp.vote('w1', NULL);
SELECT a.job_type, a.payload, a.context, j.priority_class FROM pg_temp.who w, ideamine.acquire_jobs(w.worker_id, 10) a, ideamine.jobs j WHERE w.name = 'w1' AND j.job_id = a.job_id;
SELECT pg_temp.vote('w1', '"a"'), pg_temp.votes('w2=a');
-- When the parent fails, votes that run all the same know so.
CALL pg_temp.forget();
SELECT job_id AS parent FROM ideamine.create_job('acme', 'parent') \gset
SELECT job_id AS job FROM ideamine.create_job('acme', 'answer', depends_on => ARRAY[:'parent']::uuid[], options => '{"quorum": {"votes": 2, "agree": 2}, "on_failure": "run"}') \gset
SELECT pg_temp.acquire('w1'), pg_temp.fail('w1');
SELECT context->'failed'->0->>'error' AS error FROM pg_temp.who w, ideamine.acquire_jobs(w.worker_id, 10) a WHERE w.name IN ('w1', 'w2');
-- Or the job is cancelled, with its votes and what waits for it; it has not failed, and is no dead letter.
CALL pg_temp.forget();
SELECT job_id AS parent FROM ideamine.create_job('acme', 'parent') \gset
SELECT job_id AS job FROM ideamine.create_job('acme', 'answer', depends_on => ARRAY[:'parent']::uuid[], options => '{"quorum": {"votes": 2, "agree": 2}}') \gset
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY[:'job']::uuid[]);
SELECT pg_temp.acquire('w1'), pg_temp.fail('w1');
SELECT * FROM pg_temp.state;
SELECT job_type FROM ideamine.dead_letter_queue;
-- As when it had failed before.
SELECT created FROM ideamine.create_job('acme', 'late', depends_on => ARRAY[:'parent']::uuid[], options => '{"quorum": {"votes": 2, "agree": 2}}');
SELECT status FROM ideamine.jobs WHERE job_type = 'late';
-- Or it stays blocked.
SELECT job_id AS kept FROM ideamine.create_job('acme', 'kept', depends_on => ARRAY[:'parent']::uuid[], options => '{"quorum": {"votes": 2, "agree": 2}, "on_failure": "blocked"}') \gset
SELECT status, count(*) FROM ideamine.jobs WHERE job_type = 'kept' GROUP BY 1;
-- Until the parent gets another chance.
SELECT count(*) FROM ideamine.retry_dead_letters('acme', '{"job_type": "parent"}');
SELECT pg_temp.acquire('w1'), pg_temp.vote('w1', NULL), pg_temp.votes('w1=a', 'w2=a');

-- Votes of a scheduled job wait for its time; those with a concurrency key take turns; those of a paused queue wait.
CALL pg_temp.forget();
SELECT count(*) FROM ideamine.create_job('acme', 'answer', run_at => now() + interval '1 hour', options => '{"quorum": {"votes": 2, "agree": 2}}');
SELECT pg_temp.acquire('w1'), ideamine.promote_scheduled_jobs(now() + interval '2 hours'), pg_temp.acquire('w1');
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 2, '{"concurrency_key": "k"}') IS NOT NULL AS made, pg_temp.acquire('w1'), pg_temp.acquire('w2') IS NOT NULL AS made;
SELECT pg_temp.vote('w1', '"a"'), pg_temp.acquire('w2'), pg_temp.vote('w2', '"a"');
SELECT status, result FROM ideamine.jobs WHERE quorum IS NOT NULL;
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 2) IS NOT NULL AS made, ideamine.pause_queue('acme'), pg_temp.acquire('w1'), ideamine.resume_queue('acme'), pg_temp.acquire('w1') IS NOT NULL AS made;

-- In a batch, with edges from and to others.
CALL pg_temp.forget();
SELECT key, created FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"},
  {"key": "answer", "job_type": "answer", "depends_on": ["a"], "quorum": {"votes": 3, "agree": 2}}, {"key": "z", "job_type": "z", "depends_on": ["answer", "a"]}]');
SELECT pg_temp.acquire('w1'), pg_temp.vote('w1', NULL), pg_temp.votes('w1=a', 'w2=a'), pg_temp.acquire('w1');

-- Completed by complete_jobs(): votes of one job in one call decide once.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) AS job \gset
SELECT pg_temp.acquire('w1'), pg_temp.acquire('w2'), pg_temp.acquire('w3');
SELECT answer FROM ideamine.complete_jobs((SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch, 'result', 7)) FROM ideamine.jobs WHERE status = 'running'));
SELECT * FROM pg_temp.state;

-- Who is outvoted three times in a row becomes degraded, six times failed. An agreement in between makes good.
CALL pg_temp.forget();
CREATE FUNCTION pg_temp.outvote(who text, times integer) RETURNS TABLE (deviations integer, status ideamine.worker_status, ended boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  FOR i IN 1..times LOOP
    PERFORM pg_temp.make('answer', 3, 2);
    PERFORM pg_temp.votes(who || '=wrong', 'w2=right', 'w3=right');
  END LOOP;
  RETURN QUERY SELECT w.deviations, w.status, w.ended_at IS NOT NULL FROM ideamine.workers w JOIN pg_temp.who USING (worker_id) WHERE name = outvote.who;
END
$$;
SELECT * FROM pg_temp.outvote('w1', 2);
SELECT pg_temp.make('answer', 2, 2) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a', 'w2=a');
SELECT * FROM pg_temp.outvote('w1', 0);
SELECT * FROM pg_temp.outvote('w1', 2);
SELECT * FROM pg_temp.outvote('w1', 1);
-- A degraded one takes jobs and is counted on.
SELECT * FROM pg_temp.outvote('w1', 2);
SELECT worker_type, w.deviations FROM ideamine.v_workers w WHERE worker_type < 'w4' ORDER BY 1;
SELECT * FROM pg_temp.outvote('w1', 1);
-- One that has failed is told so, and gets nothing.
CALL pg_temp.refused('SELECT pg_temp.acquire(%L)', 'w1');
-- The settings say when.
CALL pg_temp.forget();
SET ideamine.deviations_to_degrade = 1;
SET ideamine.deviations_to_fail = 2;
SELECT * FROM pg_temp.outvote('w1', 1);
SELECT * FROM pg_temp.outvote('w1', 1);
RESET ideamine.deviations_to_degrade;
RESET ideamine.deviations_to_fail;
-- A job that comes to no agreement is held against nobody.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made;
SELECT pg_temp.votes('w1=a', 'w2=b', 'w3=c');
SELECT deviations FROM pg_temp.who JOIN ideamine.workers USING (worker_id) WHERE name IN ('w1', 'w2', 'w3');
-- A worker that drains is not made active or degraded, but counted.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) IS NOT NULL AS made, pg_temp.acquire('w1') IS NOT NULL AS made;
SELECT ideamine.drain_worker(worker_id) FROM pg_temp.who WHERE name = 'w1';
SELECT pg_temp.vote('w1', '"wrong"'), pg_temp.votes('w2=right', 'w3=right');
SELECT deviations, status FROM pg_temp.who JOIN ideamine.workers USING (worker_id) WHERE name = 'w1';

-- A job that failed gets another chance with all its votes; what they said before stays in the history.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 3, 2) AS job \gset
SELECT pg_temp.votes('w1=a', 'w2=b', 'w3=c');
SELECT count(*) AS attempts FROM ideamine.job_executions;
SELECT job_id = :'job' AS the_job FROM ideamine.retry_dead_letters('acme');
SELECT * FROM pg_temp.state;
SELECT count(*) AS attempts FROM ideamine.job_executions;
SELECT count(*) FROM ideamine.dead_letter_queue;
SELECT pg_temp.acquire('w1'), pg_temp.acquire('w1');
SELECT pg_temp.vote('w1', '"a"'), pg_temp.votes('w2=a');
SELECT outcome, count(*) FROM ideamine.job_executions GROUP BY 1 ORDER BY 1;
-- It can fail again.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 2) AS job \gset
SELECT pg_temp.votes('w1=a', 'w2=b');
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT pg_temp.votes('w2=a', 'w1=b');
SELECT count(*) FROM ideamine.dead_letter_queue;

-- A job can wait for the job, not for one of its votes.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 1) AS job \gset
SELECT job_id AS vote FROM ideamine.jobs WHERE quorum_of = :'job' ORDER BY job_id DESC LIMIT 1 \gset
CALL pg_temp.refused('SELECT * FROM ideamine.create_job(%L, %L, depends_on => ARRAY[%L::uuid])', 'acme', 'behind a vote', :'vote');
CALL pg_temp.refused('SELECT * FROM ideamine.create_jobs(%L, %L)', 'acme', format('[{"job_type": "a"}, {"job_type": "b", "depends_on": ["%s"]}]', :'vote'));
SELECT count(*) FROM ideamine.jobs WHERE quorum_of IS NULL;

-- A job that died before its votes could be cast comes back when what they wait for has ended, and no sooner.
CALL pg_temp.forget();
SELECT job_id AS first FROM ideamine.create_job('acme', 'first') \gset
SELECT job_id AS job FROM ideamine.create_job('acme', 'answer', depends_on => ARRAY[:'first'::uuid],
  options => '{"quorum": {"votes": 2, "agree": 2}}') \gset
SELECT c.* FROM (SELECT job_id FROM ideamine.jobs WHERE quorum_of = :'job' ORDER BY 1 LIMIT 1) v, ideamine.cancel_job('acme', v.job_id) c;
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT status FROM ideamine.jobs ORDER BY job_id;
SELECT pg_temp.acquire('w1');
SELECT ideamine.complete_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_id = :'first';
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT status, open_dependencies FROM ideamine.jobs ORDER BY job_id;
SELECT pg_temp.votes('w1=a', 'w2=a');

-- Retention keeps the votes of a job that is not decided.
CALL pg_temp.forget();
SELECT pg_temp.make('answer', 2, 2) AS job \gset
SELECT pg_temp.votes('w1=a');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
SELECT pg_temp.votes('w2=a');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');

-- Bad options.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": 2}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"votes": 0, "agree": 0}}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"votes": 2, "agree": 3}}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"votes": 3, "agree": 0}}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"votes": 3}}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"agree": 3}}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"votes": 1000000, "agree": 3}}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"votes": "3", "agree": 2}}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"quorum": {"votes": 3, "agree": 2, "of": 3}}')$$);
SELECT count(*) FROM ideamine.jobs WHERE job_type = 'x';
