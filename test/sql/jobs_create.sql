-- create_job: what is stored, its options, and what it refuses.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');

-- With nothing but a type: runnable at once, in class P2 and queue default, never leased.
SELECT created FROM ideamine.create_job('acme', 'plain');
SELECT payload, priority_class, queue, status, attempt, epoch, open_dependencies, dependents, required_capabilities,
       run_at <= clock_timestamp() AS due, ready_at IS NOT NULL AS ready, finished_at, worker_id
FROM ideamine.jobs WHERE job_type = 'plain';

-- Ids are UUIDs of version 7: they sort by the time of creation.
SELECT ideamine.create_job('acme', 'row ' || i) IS NULL AS none FROM generate_series(1, 3) AS i;
SELECT bool_and(substr(job_id::text, 15, 1) = '7' AND substr(job_id::text, 20, 1) IN ('8', '9', 'a', 'b')) AS version_7,
       array_agg(job_type ORDER BY job_id) AS by_id
FROM ideamine.jobs;

-- All options together; required capabilities are kept sorted, each once.
SELECT created FROM ideamine.create_job('acme', 'full', '{"n": 1}', 'P0', '2100-01-01 UTC', options => '{
  "queue": "mail", "required_capabilities": ["gpu", "arm", "gpu"], "max_retries": 7, "retry_base": "250 ms",
  "retry_factor": 1.5, "retry_cap": "1 hour", "timeout": "90 s", "project": "p1",
  "run": "11111111-1111-1111-1111-111111111111", "phase": "build"}');
SELECT payload, priority_class, run_at = '2100-01-01 UTC' AS run_at, queue, required_capabilities, max_retries, retry_base,
       retry_factor, retry_cap, timeout, project_id, run_id, phase
FROM ideamine.jobs WHERE job_type = 'full';

-- Settings of its own at the ends of their ranges.
SELECT created FROM ideamine.create_job('acme', 'least', options => '{"max_retries": 0, "retry_factor": 1}');
SELECT created FROM ideamine.create_job('acme', 'most', options => '{"max_retries": 1000, "retry_factor": 100}');

-- Priority classes by name, and by the numbers of older applications.
SELECT ideamine.create_job('acme', 'class ' || class, priority_class => class) IS NULL AS none
FROM unnest('{P0,P1,P2,P3,1,2,3,4,5}'::text[]) AS class;
SELECT job_type, priority_class FROM ideamine.jobs WHERE job_type LIKE 'class %' ORDER BY job_type;

-- A time in the past is due at once; one in the future is not ready.
SELECT created FROM ideamine.create_job('acme', 'past', run_at => now() - interval '1 day');
SELECT created FROM ideamine.create_job('acme', 'future', run_at => now() + interval '1 day');
SELECT job_type, status, ready_at IS NOT NULL AS ready FROM ideamine.jobs
WHERE job_type IN ('past', 'future') ORDER BY job_type;

-- The payload is any JSON.
SELECT ideamine.create_job('acme', 'payload', payload) IS NULL AS none
FROM unnest(ARRAY['null', '1', '"text"', '[1, 2]', '{"a": {"b": null}}', 'true']::jsonb[]) AS payload;
SELECT payload FROM ideamine.jobs WHERE job_type = 'payload' ORDER BY job_id;

-- It is limited by ideamine.max_payload_size, however well it compresses.
SET ideamine.max_payload_size = '2kB';
SELECT created FROM ideamine.create_job('acme', 'big', to_jsonb(repeat('x', 2000)));
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'big', to_jsonb(repeat('x', 3000)))$$);
CREATE TEMP TABLE stored AS SELECT to_jsonb(repeat('x', 100000)) AS payload;
SELECT pg_column_size(payload) < 2048 AS small_where_stored FROM stored;
CALL pg_temp.refused($$SELECT ideamine.create_job('acme', 'big', payload) FROM stored$$);
RESET ideamine.max_payload_size;
SELECT created FROM ideamine.create_job('acme', 'big', to_jsonb(repeat('x', 1000000)));
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'big', to_jsonb(repeat('x', 1100000)))$$);

-- What is refused leaves nothing.
TRUNCATE ideamine.jobs, ideamine.job_dependencies;

-- Tenant and type.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('nobody', 'x')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('', 'x')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', NULL)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', '')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', repeat('x', 201))$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', E'tab\there')$$);

-- Priority class and time.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', priority_class => 'P4')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', priority_class => '0')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', priority_class => '6')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', priority_class => '')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', run_at => 'infinity')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', run_at => '-infinity')$$);

-- Dependencies: unknown, of another tenant, twice, NULL.
SELECT job_id AS other FROM ideamine.create_job('globex', 'other') \gset
SELECT job_id AS own FROM ideamine.create_job('acme', 'own') \gset
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x',
  depends_on => '{00000000-0000-0000-0000-000000000000}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', depends_on => '{%s}')$$, :'other');
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', depends_on => '{%s,%s}')$$, :'own', :'other');
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', depends_on => '{%1$s,%1$s}')$$, :'own');
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', depends_on => '{%s,NULL}')$$, :'own');

-- Options: unknown, of the wrong kind, out of range.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"colour": "red"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"depends_on": []}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '[]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '"queue"')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"queue": 1}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"queue": ""}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"project": ""}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"phase": "a\u0001"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"run": "seven"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"required_capabilities": "gpu"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"required_capabilities": ["gpu", 1]}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"required_capabilities": [""]}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => jsonb_build_object(
  'required_capabilities', (SELECT jsonb_agg('c' || i) FROM generate_series(1, 65) AS i)))$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"max_retries": -1}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"max_retries": 1001}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"max_retries": 1.5}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"max_retries": 1e30}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"max_retries": "3"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"retry_base": "-1 s"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"retry_base": 1000}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"retry_base": "soon"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"retry_factor": 0.5}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"retry_factor": 101}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"retry_factor": 1e400}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"retry_cap": "-1 s"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"timeout": "0 s"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"timeout": "-5 s"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"timeout": "1000 days"}')$$);
SELECT count(*) AS created_by_refused_calls FROM ideamine.jobs WHERE job_type NOT IN ('own', 'other');

-- Neither does a transaction that rolls back.
BEGIN;
SELECT created FROM ideamine.create_job('acme', 'rolled back', depends_on => ARRAY[:'own']::uuid[]);
ROLLBACK;
SELECT count(*) AS rolled_back FROM ideamine.jobs WHERE job_type = 'rolled back';
SELECT dependents FROM ideamine.jobs WHERE job_type = 'own';
