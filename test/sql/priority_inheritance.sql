-- What a job waits for is served as its class, as long as it waits.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts,
  ideamine.dead_letter_queue, ideamine.events;

SELECT ideamine.create_tenant('acme');
SELECT ideamine.register_worker('test') AS worker \gset
CREATE FUNCTION pg_temp.job(type text) RETURNS uuid LANGUAGE sql AS 'SELECT job_id FROM ideamine.jobs WHERE job_type = type';
CREATE FUNCTION pg_temp.new(type text, class text, VARIADIC behind text[] DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM ideamine.create_job('acme', type, '{}', class,
    depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = ANY (behind)))
$$;
CREATE FUNCTION pg_temp.classes(VARIADIC types text[]) RETURNS TABLE (job_type text, own ideamine.priority_class, inherited ideamine.priority_class)
LANGUAGE sql AS 'SELECT job_type, priority_class, inherited_class FROM ideamine.jobs WHERE job_type = ANY (types) ORDER BY job_type';

-- A chain that is created at once; one of a higher class than it inherits keeps that.
SELECT count(*) FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "a", "priority_class": "P3"},
  {"key": "b", "job_type": "b", "priority_class": "P2", "depends_on": ["a"]},
  {"key": "c", "job_type": "c", "priority_class": "P1", "depends_on": ["b"]},
  {"key": "d", "job_type": "d", "priority_class": "P3", "depends_on": ["c"]}]');
SELECT pg_temp.new('other', 'P2');
SELECT * FROM pg_temp.classes('a', 'b', 'c', 'd');
SELECT job_type, priority_class, inherited_class, effective_class FROM ideamine.v_priority_queue ORDER BY position;
SELECT reason, explanation, related_job = pg_temp.job('b') AS of_b FROM ideamine.explain_job('acme', pg_temp.job('a')) WHERE reason IN ('inherits', 'in_line');
SELECT job_type FROM ideamine.acquire_jobs(:'worker');

-- One that exists, also through one that is blocked; the highest of several counts.
SELECT pg_temp.new('e', 'P3'), pg_temp.new('f', 'P3', 'e'), pg_temp.new('g', 'P1', 'f'), pg_temp.new('h', 'P0', 'f');
SELECT * FROM pg_temp.classes('e', 'f');
BEGIN;
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
ROLLBACK;
-- Cancelled, or with a lower class, the others are left.
SELECT cancelled FROM ideamine.cancel_job('acme', pg_temp.job('h'));
SELECT * FROM pg_temp.classes('e', 'f');
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('g'), 'P2');
SELECT * FROM pg_temp.classes('e', 'f');
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('g'), 'P3');
SELECT * FROM pg_temp.classes('e', 'f');
SELECT job_type FROM ideamine.acquire_jobs(:'worker');
-- Raised again while the first one stands at the end of the line.
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('g'), 'P0');
SELECT * FROM pg_temp.classes('e', 'f');
-- Its own class, raised above and lowered below that which it inherits.
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('e'), 'P0');
SELECT * FROM pg_temp.classes('e');
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('e'), 'P2');
SELECT * FROM pg_temp.classes('e');

-- Who runs for somebody gives way only as he does.
SELECT pg_temp.new('batch', 'P3');
SELECT pg_temp.new('report', 'P3');
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT pg_temp.new('user', 'P1', 'batch');
SELECT j.job_type, c.priority_class FROM ideamine.get_preemption_candidates('acme', 'P1') AS c JOIN ideamine.jobs AS j USING (job_id) ORDER BY job_type;
SELECT j.job_type, c.priority_class FROM ideamine.get_preemption_candidates('acme', 'P0') AS c JOIN ideamine.jobs AS j USING (job_id) ORDER BY job_type;
SELECT previous FROM ideamine.assign_priority('acme', pg_temp.job('user'), 'P0');
SELECT preempted, status, obstacle FROM ideamine.preempt_job('acme', pg_temp.job('batch'), 'make room');
SELECT state, explanation FROM ideamine.explain_preemption(pg_temp.job('batch'));
SELECT cancelled FROM ideamine.cancel_job('acme', pg_temp.job('user'));
SELECT preempted, status, obstacle FROM ideamine.preempt_job('acme', pg_temp.job('batch'), 'make room');

-- Votes are what is run of a job, and wait for what it waits for.
SELECT pg_temp.new('first', 'P3');
SELECT count(*) FROM ideamine.create_job('acme', 'ballot', '{}', 'P3', depends_on => ARRAY[pg_temp.job('first')], options => '{"quorum": {"votes": 2, "agree": 2}}');
SELECT count(*) FROM ideamine.jobs AS j, ideamine.create_job('acme', 'verdict', '{}', 'P1', depends_on => ARRAY[j.job_id]) WHERE j.quorum = 2;
SELECT * FROM pg_temp.classes('first', 'ballot');
SELECT cancelled FROM ideamine.cancel_job('acme', pg_temp.job('verdict'));
SELECT * FROM pg_temp.classes('first', 'ballot');

-- It ages from the class that it is served as.
SELECT pg_temp.new('old', 'P3'), pg_temp.new('behind old', 'P2', 'old');
UPDATE ideamine.jobs SET ready_at = ready_at - interval '20 minutes' WHERE job_type = 'old';
SELECT ideamine.reload_dispatch();
SELECT priority_class, inherited_class, effective_class FROM ideamine.v_priority_queue WHERE job_type = 'old';

-- The duty puts right what was changed behind our back.
SELECT ideamine.pass_on_classes();
UPDATE ideamine.jobs SET inherited_class = CASE job_type WHEN 'e' THEN 'P1'::ideamine.priority_class END WHERE job_type IN ('e', 'f', 'old', 'other');
SELECT ideamine.pass_on_classes();
SELECT * FROM pg_temp.classes('e', 'f', 'old', 'other');
