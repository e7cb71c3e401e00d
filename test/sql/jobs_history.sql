-- Jobs that have ended leave the table in which jobs wait and run, with all that is known of them, and are found as before.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_history, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql
CREATE FUNCTION pg_temp.job(wanted text) RETURNS uuid LANGUAGE sql AS
  $$SELECT job_id FROM ideamine.v_jobs WHERE job_type = wanted$$;

SELECT ideamine.create_tenant('acme');
SELECT ideamine.register_worker('test') AS worker \gset

-- One of each kind: completed at the second attempt, completed behind another one, failed, cancelled while it ran, and
-- three that have not ended.
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "retried", "job_type": "retried", "payload": {"n": 1}, "retry_base": "0"}, {"job_type": "second", "depends_on": ["retried"]},
  {"key": "dead", "job_type": "dead"}, {"job_type": "cancelled"}, {"job_type": "running"},
  {"job_type": "behind dead", "depends_on": [{"job": "dead", "on_failure": "blocked"}]},
  {"job_type": "later", "run_at": "2100-01-01"}]');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 4);
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'once') f WHERE job_type = 'retried';
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'for good', false) f WHERE job_type = 'dead';
SELECT c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id, 'enough') c WHERE job_type = 'cancelled';
SELECT job_type, attempt FROM ideamine.acquire_jobs(:'worker', 1);
SELECT ideamine.complete_job(tenant_id, job_id, epoch, '"done"') FROM ideamine.jobs WHERE job_type = 'retried';
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'second';

CREATE TEMP TABLE before AS
  SELECT j.job_id, j.job_type AS kind, g.*, to_jsonb(j) AS whole FROM ideamine.v_jobs j, ideamine.get_job(tenant_id, job_id) g;
CREATE TEMP TABLE executions_before AS SELECT * FROM ideamine.job_executions;
CREATE TEMP TABLE tasks_before AS SELECT * FROM ideamine.tasks;

-- Not before their time; the one with a letter, and what has not ended, stay.
SELECT * FROM ideamine.move_to_history();
SELECT * FROM ideamine.move_to_history(now() + interval '9 minutes');
SELECT * FROM ideamine.move_to_history(now() + interval '11 minutes');
SELECT * FROM ideamine.move_to_history(now() + interval '11 minutes');
SELECT job_type, status FROM ideamine.jobs ORDER BY job_type;
SELECT job_type, status, attempt, result, last_error, cancel_reason, payload,
  (SELECT string_agg(concat(a->>'attempt', ' ', a->>'outcome', ' ', a->>'error'), ', ') FROM jsonb_array_elements(ended_attempts) a) AS ended,
  (SELECT string_agg(p.job_type, ', ') FROM ideamine.v_jobs p WHERE p.job_id = ANY (depends_on)) AS waited_for,
  tableoid::regclass::text = 'ideamine.job_history_' || to_char(finished_at AT TIME ZONE 'UTC', 'YYYYMMDD') AS on_its_day
FROM ideamine.job_history ORDER BY job_type;

-- Nothing is lost or told differently.
SELECT b.kind, b.whole = to_jsonb(j) AS same FROM before b JOIN ideamine.v_jobs j USING (job_id) ORDER BY kind;
SELECT b.kind FROM before b, ideamine.get_job('acme', job_id) g
WHERE to_jsonb(g) <> to_jsonb(b) - '{job_id,kind,whole}'::text[];
SELECT count(*) AS executions, count(*) FILTER (WHERE b IS NULL OR n IS NULL) AS differ
FROM executions_before b FULL JOIN ideamine.job_executions n ON to_jsonb(b) = to_jsonb(n);
SELECT count(*) AS tasks, count(*) FILTER (WHERE b IS NULL OR n IS NULL) AS differ
FROM tasks_before b FULL JOIN ideamine.tasks n ON to_jsonb(b) = to_jsonb(n);
SELECT job_id FROM ideamine.v_job_attempts JOIN before USING (job_id) WHERE v_job_attempts.attempts <> before.attempts;
SELECT count(*) AS attempts FROM ideamine.ended_attempts;
SELECT count(*) AS edges FROM ideamine.job_dependencies;
CALL pg_temp.refused('SELECT ideamine.get_job(''globex'', %L)', pg_temp.job('retried')::text);

-- Who calls with an old lease, or too late, is told the same as before.
SELECT epoch AS epoch FROM ideamine.job_history WHERE job_type = 'retried' \gset
CALL pg_temp.refused('SELECT ideamine.complete_job(''acme'', %L, %s)', pg_temp.job('retried')::text, :'epoch');
CALL pg_temp.refused('SELECT ideamine.fail_job(''acme'', %L, %s, ''no'')', pg_temp.job('retried')::text, :'epoch');
CALL pg_temp.refused('SELECT ideamine.release_job(''acme'', %L, %s)', pg_temp.job('retried')::text, :'epoch');
CALL pg_temp.refused('SELECT ideamine.complete_job(''acme'', ''00000000-0000-7000-8000-000000000000'', 1)');
SELECT answer FROM ideamine.complete_jobs(jsonb_build_array(
  jsonb_build_object('tenant_id', 'acme', 'job_id', pg_temp.job('retried'), 'epoch', 1),
  jsonb_build_object('tenant_id', 'acme', 'job_id', pg_temp.job('cancelled'), 'epoch', 1),
  jsonb_build_object('tenant_id', 'acme', 'job_id', gen_random_uuid(), 'epoch', 1)));
SELECT * FROM ideamine.cancel_job('acme', pg_temp.job('retried'), 'too late');
SELECT reason, regexp_replace(explanation, 'since .*', 'since …') AS explanation FROM ideamine.explain_job('acme', pg_temp.job('retried'));

-- A job may still depend on them.
SELECT count(*) FROM ideamine.create_job('acme', 'behind completed', depends_on => ARRAY[pg_temp.job('retried')]);
SELECT count(*) FROM ideamine.create_job('acme', 'behind cancelled', depends_on => ARRAY[pg_temp.job('cancelled')]);
SELECT count(*) FROM ideamine.create_jobs('acme', jsonb_build_array(
  jsonb_build_object('job_type', 'all the same', 'depends_on', jsonb_build_array(jsonb_build_object('job', pg_temp.job('cancelled'), 'on_failure', 'run'))),
  jsonb_build_object('job_type', 'waits', 'depends_on', jsonb_build_array(jsonb_build_object('job', pg_temp.job('cancelled'), 'on_failure', 'blocked')))));
SELECT job_type, status, open_dependencies, context #>> '{failed,0,error}' AS told FROM ideamine.jobs
WHERE job_type IN ('behind completed', 'behind cancelled', 'all the same', 'waits') ORDER BY job_type;
SELECT reason, regexp_replace(explanation, '[0-9a-f-]{36}', '<id>') AS explanation FROM ideamine.explain_job('acme', pg_temp.job('waits'))
WHERE reason = 'dependency';
CALL pg_temp.refused('SELECT ideamine.create_job(''acme'', ''x'', depends_on => ''{00000000-0000-7000-8000-000000000000}'')');

-- A failure that somebody waits out goes when that has ended, without its letter.
SELECT ideamine.purge_dead_letters('infinity');
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
SELECT job_type FROM ideamine.jobs WHERE job_type LIKE '%dead' ORDER BY job_type;
SELECT c.cancelled FROM ideamine.cancel_job('acme', pg_temp.job('behind dead')) c;
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
SELECT job_type, status FROM ideamine.job_history WHERE job_type LIKE '%dead' ORDER BY job_type;

-- A vote waits for its decision.
TRUNCATE ideamine.jobs, ideamine.job_history, ideamine.job_dependencies, ideamine.ended_attempts;
SELECT count(*) FROM ideamine.create_job('acme', 'vote', options => '{"quorum": {"votes": 2, "agree": 2}}');
SELECT ideamine.register_worker('other') AS other \gset
SELECT ideamine.complete_job(j.tenant_id, j.job_id, j.epoch) FROM ideamine.acquire_jobs(:'worker') j;
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
SELECT ideamine.complete_job(j.tenant_id, j.job_id, j.epoch) FROM ideamine.acquire_jobs(:'other') j;
SELECT moved FROM ideamine.move_to_history(now() + interval '1 day');
SELECT status, quorum, quorum_of IS NOT NULL AS is_vote FROM ideamine.job_history ORDER BY 2, 3;
SELECT count(*) FROM ideamine.jobs;

-- Each day has its partition, with an index, row security and grants of its own, and goes when all of it is old enough.
TRUNCATE ideamine.jobs, ideamine.job_history;
SELECT count(ideamine_internal.drop_day_partition('job_history', right(c.relname, 8)::date)) > 0 AS dropped
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'ideamine.job_history'::regclass;
SET ideamine.job_retention = '3650d';
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "a"}, {"job_type": "b"}, {"job_type": "c"}]');
UPDATE ideamine.jobs SET status = 'completed', ready_at = NULL, finished_at = CASE job_type
  WHEN 'a' THEN '2026-03-01 23:59:59.999999+00'::timestamptz WHEN 'b' THEN '2026-03-02 00:00+00' ELSE '2026-03-04 12:00+00' END;
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
CREATE VIEW pg_temp.days AS
  SELECT c.relname, c.relrowsecurity AS secured, has_table_privilege('ideamine_reader', c.oid, 'SELECT') AS granted,
    pg_get_indexdef(x.indexrelid) AS index, obj_description(c.oid, 'pg_class') AS comment
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_index x ON x.indrelid = c.oid
  WHERE i.inhparent = 'ideamine.job_history'::regclass ORDER BY 1;
SELECT * FROM pg_temp.days;
SELECT job_type, tableoid::regclass FROM ideamine.job_history ORDER BY 1;
RESET ideamine.job_retention;
SELECT ideamine.drop_old_history('2026-03-31 23:59:59+00');
SELECT ideamine.drop_old_history('2026-04-01 00:00+00');
SELECT relname FROM pg_temp.days;
SET ideamine.job_retention = '1d';
SELECT ideamine.drop_old_history('2026-04-01 00:00+00') FROM generate_series(1, 3);
RESET ideamine.job_retention;
SELECT count(*) AS days FROM pg_temp.days;

-- A pass stops in time, and the next one of whatever session goes on behind it; what it left is not passed over for good.
-- What was moved by a transaction that was rolled back is met again.
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg('{"job_type": "x"}'::jsonb) FROM generate_series(1, 25000)));
UPDATE ideamine.jobs SET status = 'completed', finished_at = now(), ready_at = NULL
WHERE job_id <> (SELECT job_id FROM ideamine.jobs ORDER BY job_id OFFSET 500 LIMIT 1);
CREATE TEMP TABLE passes (n serial, moved bigint, more boolean);
CREATE PROCEDURE pg_temp.move_all() LANGUAGE plpgsql AS $$
DECLARE
  pass passes;
BEGIN
  LOOP
    INSERT INTO passes (moved, more) SELECT * FROM ideamine.move_to_history(now() + interval '1 day') RETURNING * INTO pass;
    EXIT WHEN NOT pass.more;
  END LOOP;
END
$$;
BEGIN;
SELECT moved BETWEEN 1 AND 10999 AS a_part, more FROM ideamine.move_to_history(now() + interval '1 day');
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT moved BETWEEN 1 AND 10999 AS a_part, more FROM ideamine.move_to_history(now() + interval '1 day');
ROLLBACK TO s;
COMMIT;
SELECT moved BETWEEN 1 AND 10999 AS a_part, more FROM ideamine.move_to_history(now() + interval '1 day');
SELECT next > (SELECT job_id FROM ideamine.v_jobs ORDER BY job_id LIMIT 1) AS has_gone_on FROM ideamine_internal.history_walk;
CALL pg_temp.move_all();
SELECT sum(moved) < 24999 AS the_rest FROM passes;
SELECT count(*) AS left_over FROM ideamine.jobs;
UPDATE ideamine.jobs SET status = 'completed', finished_at = now(), ready_at = NULL;
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
SELECT count(*) FROM ideamine.job_history WHERE job_type = 'x';

-- The first walk of sixty begins at the very first job, whatever was there before.
TRUNCATE ideamine.job_history;
SELECT next > '00000000-0000-0000-0000-000000000000' AS is_further FROM ideamine_internal.history_walk;
SELECT count(*) FROM ideamine.create_job('acme', 'late');
UPDATE ideamine.jobs SET status = 'completed', finished_at = now(), ready_at = NULL, job_id = '017e1300-0000-7000-8000-000000000000';
SELECT sum(moved) FROM generate_series(1, 60) AS i, ideamine.move_to_history(now() + interval '1 day' + i * interval '0');

-- Settings of a session do not move the days, nor times in attempts.
BEGIN;
SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL timezone = 'Asia/Shanghai';
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "early", "retry_base": "0"}, {"job_type": "evening"}]');
SELECT f.status FROM ideamine.acquire_jobs(:'worker', 1) a, ideamine.fail_job(tenant_id, job_id, epoch, 'once') f;
UPDATE ideamine.jobs SET status = 'completed', ready_at = NULL, finished_at =
  CASE job_type WHEN 'early' THEN date_trunc('day', now(), 'UTC') - interval '24 hours' ELSE date_trunc('day', now(), 'UTC') - interval '1 us' END;
CREATE TEMP TABLE attempts_before AS SELECT job_type, attempts FROM ideamine.v_jobs JOIN ideamine.v_job_attempts USING (job_id, tenant_id);
CREATE TEMP TABLE got_before AS SELECT j.job_type, g.attempts FROM ideamine.v_jobs j, ideamine.get_job(tenant_id, job_id) g;
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
SELECT count(DISTINCT tableoid) AS days FROM ideamine.job_history;
SELECT count(*) AS different FROM attempts_before b JOIN ideamine.v_jobs USING (job_type) JOIN ideamine.v_job_attempts a USING (job_id, tenant_id)
WHERE a.attempts <> b.attempts;
SELECT count(*) AS different FROM got_before b JOIN ideamine.v_jobs j USING (job_type), ideamine.get_job(j.tenant_id, j.job_id) g
WHERE g.attempts <> b.attempts;
SELECT ended_attempts #>> '{0,ended_at}' LIKE '%+00:00' AS in_utc FROM ideamine.job_history WHERE job_type = 'early';
SELECT ideamine_internal.make_day_partition('job_history', '2027-06-01');
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL timezone = 'UTC';
SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = 'ideamine.job_history_20270601'::regclass;
ROLLBACK;

-- A letter of a job on which workers vote is left alone because of what its votes wait for, also when that is history.
TRUNCATE ideamine.jobs, ideamine.job_history, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT job_id AS p FROM ideamine.create_job('acme', 'p') \gset
SELECT count(*) FROM ideamine.create_job('acme', 'q', depends_on => ARRAY[:'p'::uuid], options => '{"quorum": {"votes": 2, "agree": 2}}');
SELECT c.cancelled FROM ideamine.jobs v, ideamine.cancel_job('acme', v.job_id) c WHERE quorum_of IS NOT NULL ORDER BY v.job_id LIMIT 1;
SELECT cancelled FROM ideamine.cancel_job('acme', :'p');
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
SELECT status FROM ideamine.v_jobs WHERE job_id = :'p';
SELECT count(*) AS retried FROM ideamine.retry_dead_letters('acme');

-- Failures of jobs in history stay in the context of a job, whatever comes after them.
TRUNCATE ideamine.jobs, ideamine.job_history, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
SELECT count(*) FROM unnest('{past,now}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT cancelled FROM ideamine.cancel_job('acme', pg_temp.job('past'), 'long ago');
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
SELECT count(*) FROM ideamine.create_jobs('acme', jsonb_build_array(jsonb_build_object('job_type', 'sink', 'depends_on', jsonb_build_array(
  jsonb_build_object('job', pg_temp.job('past'), 'on_failure', 'run'), jsonb_build_object('job', pg_temp.job('now'), 'on_failure', 'run')))));
SELECT jsonb_path_query_array(context, '$.failed[*].job_type') FROM ideamine.jobs WHERE job_type = 'sink';
SELECT cancelled FROM ideamine.cancel_job('acme', pg_temp.job('now'));
SELECT status, jsonb_path_query_array(context, '$.failed[*].job_type') FROM ideamine.jobs WHERE job_type = 'sink';

-- What retention has removed is named as a reason, and what it would remove at once is not moved.
SELECT count(*) FROM ideamine.create_jobs('acme', jsonb_build_array(jsonb_build_object('job_type', 'waits', 'depends_on', jsonb_build_array(
  jsonb_build_object('job', pg_temp.job('past'), 'on_failure', 'blocked')))));
SELECT ideamine.drop_old_history('infinity');
SELECT reason, regexp_replace(explanation, '[0-9a-f-]{36}', '<id>') AS explanation FROM ideamine.explain_job('acme', pg_temp.job('waits'))
WHERE reason = 'dependency';
SELECT * FROM ideamine.move_to_history(now() + interval '31 days');
SELECT ideamine.purge_finished_jobs(now() + interval '31 days');
TRUNCATE ideamine.jobs, ideamine.job_history, ideamine.job_dependencies, ideamine.ended_attempts;

-- The time is a setting; 0 moves what has ended at once.
SELECT count(*) FROM ideamine.create_job('acme', 'short');
SELECT c.status FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'short';
SET ideamine.history_after = '2h';
SELECT * FROM ideamine.move_to_history(now() + interval '1 hour');
SELECT * FROM ideamine.move_to_history(now() + interval '3 hours');
SELECT * FROM ideamine.move_to_history('-infinity'), ideamine.drop_old_history('-infinity');
SELECT * FROM ideamine.move_to_history('infinity');
RESET ideamine.history_after;
SELECT count(ideamine.drop_old_history('infinity')) FROM generate_series(1, 9);
SELECT count(*) FROM ideamine.v_jobs;
