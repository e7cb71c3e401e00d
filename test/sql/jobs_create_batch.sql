-- create_jobs: many jobs in one call, all or none.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');

-- A row per job, in the order of the array; key is NULL where none was given.
SELECT key, created FROM ideamine.create_jobs('acme', '[
  {"key": "second", "job_type": "b", "depends_on": ["first"], "payload": null, "priority_class": 4},
  {"job_type": "c", "payload": {"n": 1}, "priority_class": "P3", "run_at": "2100-01-01 00:00:00 UTC"},
  {"key": "first", "job_type": "a", "queue": "mail", "required_capabilities": ["gpu"], "max_retries": 1,
   "retry_base": "2 s", "retry_factor": 3, "retry_cap": "1 min", "timeout": "5 min", "project": "p",
   "run": "11111111-1111-1111-1111-111111111111", "phase": "load"}]');
SELECT job_type, status, payload, priority_class, queue, required_capabilities, open_dependencies, dependents,
       ready_at IS NOT NULL AS ready
FROM ideamine.jobs ORDER BY job_type;
SELECT max_retries, retry_base, retry_factor, retry_cap, timeout, project_id, run_id, phase
FROM ideamine.jobs WHERE job_type = 'a';

-- An edge may lead backwards or forwards in the array.
SELECT j.job_type, p.job_type AS waits_for
FROM ideamine.job_dependencies d
JOIN ideamine.jobs j USING (job_id, tenant_id)
JOIN ideamine.jobs p ON p.job_id = d.depends_on AND p.tenant_id = d.tenant_id;

-- Ids sort by the order of the array too; the ids returned are those of the rows.
SELECT array_agg(job_type ORDER BY job_id) FROM ideamine.jobs;
SELECT key, job_id AS of_k FROM ideamine.create_jobs('acme', '[{"key": "k", "job_type": "of k"}]') \gset
SELECT job_type FROM ideamine.get_job('acme', :'of_k');

-- Jobs may also wait for jobs of earlier calls, by id, beside keys.
SELECT job_id AS a FROM ideamine.jobs WHERE job_type = 'a' \gset
SELECT key, created FROM ideamine.create_jobs('acme', jsonb_build_array(
  jsonb_build_object('key', 'x', 'job_type', 'x', 'depends_on', jsonb_build_array(:'a')),
  jsonb_build_object('key', 'y', 'job_type', 'y', 'depends_on', jsonb_build_array('x', upper(:'a')))));
SELECT job_type, status, open_dependencies, dependents FROM ideamine.jobs WHERE job_type IN ('a', 'x', 'y') ORDER BY job_type;

-- No jobs: no rows.
SELECT * FROM ideamine.create_jobs('acme', '[]');

-- A chain is no deeper for the function than a list.
SELECT count(*), count(DISTINCT job_id) FROM ideamine.create_jobs('acme', (
  SELECT jsonb_agg(jsonb_build_object('key', i::text, 'job_type', 'link',
                                      'depends_on', CASE WHEN i > 1 THEN jsonb_build_array((i - 1)::text) ELSE '[]' END))
  FROM generate_series(1, 5000) AS i));
SELECT status, count(*) FROM ideamine.jobs WHERE job_type = 'link' GROUP BY status ORDER BY status;

-- One bad row among many: nothing is created, and the row is named by its position and key.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;
CREATE FUNCTION pg_temp.batch_with(bad jsonb, size integer, at integer) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(CASE WHEN i = at THEN bad ELSE jsonb_build_object('key', 'k' || i, 'job_type', 'good') END ORDER BY i)
  FROM generate_series(1, size) AS i
$$;
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', pg_temp.batch_with(%L, 10000, 7777))$$,
  '{"key": "bad", "job_type": "x", "max_retries": -1}');
SELECT count(*) AS created FROM ideamine.jobs;
CREATE PROCEDURE pg_temp.refused_row(bad text) LANGUAGE plpgsql AS $$
BEGIN
  CALL pg_temp.refused('SELECT * FROM ideamine.create_jobs(%L, pg_temp.batch_with(%L, 3, 2))', 'acme', bad);
END
$$;
CALL pg_temp.refused_row('{"key": "bad"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": null}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": ""}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": 7}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "colour": "red"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "id": 1}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "tenant_id": "globex"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "queue": ["a"]}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "priority_class": 0}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "priority_class": "high"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "priority_class": true}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "run_at": "tomorrowish"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "run_at": "infinity"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "run_at": "-infinity"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "run_at": 1}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "retry_base": "-1 s"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "retry_cap": "soon"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "retry_factor": 0}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "timeout": "0"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "run": "seven"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "required_capabilities": "gpu"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": "k1"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": [1]}');
CALL pg_temp.refused_row('{"key": 7, "job_type": "x"}');
CALL pg_temp.refused_row('{"job_type": "x", "queue": ""}');
CALL pg_temp.refused_row('[]');
CALL pg_temp.refused_row('"x"');
CALL pg_temp.refused_row('null');

-- The graph: keys that nobody has, keys used twice, edges named twice.
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": ["k4"]}');
CALL pg_temp.refused_row('{"key": "k1", "job_type": "x"}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": ["k1", "k3", "k1"]}');
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": ["00000000-0000-0000-0000-000000000000"]}');
SELECT job_id AS other FROM ideamine.create_job('globex', 'other') \gset
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": ["' || :'other' || '"]}');
SELECT job_id AS own FROM ideamine.create_job('acme', 'own') \gset
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": ["' || :'own' || '", "' || upper(:'own') || '"]}');

-- A cycle is named in DETAIL, whatever else hangs on it; a long one is cut in its middle.
CALL pg_temp.refused_row('{"key": "bad", "job_type": "x", "depends_on": ["bad"]}');
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "x", "depends_on": ["b"]}, {"key": "b", "job_type": "x", "depends_on": ["c"]},
  {"key": "c", "job_type": "x", "depends_on": ["a"]}, {"key": "d", "job_type": "x", "depends_on": ["c"]}]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', (
  SELECT jsonb_agg(jsonb_build_object('key', 'k' || i, 'job_type', 'x',
                                      'depends_on', jsonb_build_array('k' || i % 5000 + 1)) ORDER BY i)
  FROM generate_series(1, 5000) AS i))$$);

-- The batch as a whole.
CALL pg_temp.refused('SELECT * FROM ideamine.create_jobs(%L, NULL)', 'acme');
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '{"job_type": "x"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '1')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('nobody', '[{"job_type": "x"}]')$$);
SET ideamine.max_batch_size = 2;
SELECT count(*) FROM ideamine.create_jobs('acme', pg_temp.batch_with('{"job_type": "last"}', 2, 2));
CALL pg_temp.refused_row('{"key": "third", "job_type": "x"}');
RESET ideamine.max_batch_size;
SET ideamine.max_payload_size = '1kB';
CALL pg_temp.refused_row(format('{"key": "bad", "job_type": "x", "payload": "%s"}', repeat('x', 2000)));
RESET ideamine.max_payload_size;

-- What was refused left nothing, not even in the counts of what it would have waited for.
SELECT job_type, dependents FROM ideamine.jobs ORDER BY job_type;
SELECT count(*) AS edges FROM ideamine.job_dependencies;
