-- assign_priority: another class for a job that has not ended.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts,
  ideamine.dead_letter_queue, ideamine.events;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme');
SELECT ideamine.register_worker('test') AS worker \gset
SELECT count(*) FROM unnest('{a,b,c,d}'::text[]) AS type, ideamine.create_job('acme', type);
CREATE FUNCTION pg_temp.job(type text) RETURNS uuid LANGUAGE sql AS 'SELECT job_id FROM ideamine.jobs WHERE job_type = type';

-- Raised, it goes before the others; lowered, after them.
SELECT * FROM ideamine.assign_priority('acme', pg_temp.job('d'), 'P1', 'the customer called');
SELECT * FROM ideamine.assign_priority('acme', pg_temp.job('a'), '1');
SELECT job_type, priority_class, effective_class FROM ideamine.v_priority_queue ORDER BY position;
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 2) ORDER BY job_type;

-- What was raised, and lowered before anybody took it, is not taken for what it was.
SELECT count(*) FROM unnest('{e,f}'::text[]) AS type, ideamine.create_job('acme', type);
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('e'), 'P0');
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('e'), 'P3');
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 10) ORDER BY job_type;

-- A rollback leaves nothing.
SELECT count(*) FROM unnest('{g,h}'::text[]) AS type, ideamine.create_job('acme', type);
BEGIN;
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('h'), 'P0');
ROLLBACK;
SELECT job_type FROM ideamine.acquire_jobs(:'worker', 1);
SELECT event_type, payload - 'job_id' AS payload FROM ideamine.events ORDER BY event_id;

-- Running, blocked and scheduled jobs have a class, too; those that have ended have none to change.
SELECT previous, priority_class FROM ideamine.assign_priority('acme', pg_temp.job('g'), 'P1');
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY[pg_temp.job('g')]);
SELECT count(*) FROM ideamine.create_job('acme', 'later', run_at => now() + interval '1 hour');
SELECT previous, priority_class FROM ideamine.assign_priority('acme', pg_temp.job('behind'), 'P3');
SELECT previous, priority_class FROM ideamine.assign_priority('acme', pg_temp.job('later'), 'P0');
SELECT ideamine.complete_job('acme', job_id, epoch) FROM ideamine.jobs WHERE job_type = 'g';
SELECT job_type, status, priority_class FROM ideamine.jobs WHERE job_type IN ('g', 'behind', 'later') ORDER BY job_type;
CALL pg_temp.refused('SELECT * FROM ideamine.assign_priority(%L, pg_temp.job(%L), %L)', 'acme', 'g', 'P3');

-- Fixed: only an administrator may change it.
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('h'), 'P1', overridable => false);
CREATE ROLE regress_app LOGIN IN ROLE ideamine_app;
SET ROLE regress_app;
CALL pg_temp.refused('SELECT * FROM ideamine.assign_priority(%L, pg_temp.job(%L), %L)', 'acme', 'h', 'P3');
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('behind'), 'P2');
RESET ROLE;
SELECT previous, priority_class FROM ideamine.assign_priority('acme', pg_temp.job('h'), 'P3');
SET ROLE regress_app;
SELECT previous, priority_class FROM ideamine.assign_priority('acme', pg_temp.job('h'), 'P2');
RESET ROLE;
DROP ROLE regress_app;

-- Votes go with the job that they are on.
SELECT count(*) FROM ideamine.create_job('acme', 'ballot', options => '{"quorum": {"votes": 3, "agree": 2}}');
SELECT a.previous FROM ideamine.jobs AS j, ideamine.assign_priority('acme', j.job_id, 'P1') AS a WHERE j.quorum = 2;
SELECT priority_class, count(*) FROM ideamine.jobs WHERE job_type = 'ballot' GROUP BY priority_class;

-- Bad input.
CALL pg_temp.refused('SELECT * FROM ideamine.assign_priority(%L, NULL, %L)', 'acme', 'P1');
CALL pg_temp.refused('SELECT * FROM ideamine.assign_priority(%L, pg_temp.job(%L), NULL)', 'acme', 'h');
CALL pg_temp.refused('SELECT * FROM ideamine.assign_priority(%L, pg_temp.job(%L), %L)', 'acme', 'h', 'P4');
CALL pg_temp.refused('SELECT * FROM ideamine.assign_priority(%L, ''00000000-0000-4000-8000-000000000000'', %L)', 'acme', 'P1');
CALL pg_temp.refused('SELECT * FROM ideamine.assign_priority(%L, pg_temp.job(%L), %L)', 'globex', 'h', 'P1');
