-- pause_queue and resume_queue: nothing of a paused queue is handed out, what runs goes on, and the order is kept.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
CREATE FUNCTION pg_temp.acquire(worker uuid, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM ideamine.acquire_jobs(worker, jobs)';
CREATE FUNCTION pg_temp.complete(type text) RETURNS integer LANGUAGE sql AS
  $$SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = type AND status = 'running'$$;
-- Makes jobs of these types, in this order, in a queue.
CREATE FUNCTION pg_temp.make(types text, queue text DEFAULT 'default', tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM ideamine.create_jobs(tenant, (SELECT jsonb_agg(jsonb_build_object('job_type', type, 'queue', queue) ORDER BY i)
    FROM regexp_split_to_table(types, ' ') WITH ORDINALITY AS t (type, i)))$$;
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues';
CREATE VIEW pg_temp.state AS SELECT job_type, status, ready_at IS NOT NULL AS ready FROM ideamine.jobs ORDER BY job_id;

-- The pending jobs of one queue of one tenant are paused, and not handed out; those of others are.
SELECT pg_temp.make('a b'), pg_temp.make('c d', 'mail'), pg_temp.make('e', 'mail', 'globex');
SELECT ideamine.pause_queue('acme', 'mail', 'the provider is down');
SELECT * FROM pg_temp.state;
SELECT tenant_id, queue, reason, paused_at <= clock_timestamp() AS paused FROM ideamine.paused_queues;
SELECT position, job_type FROM ideamine.get_runnable_jobs('acme');
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker')) AS type;

-- Resuming hands them out again, in their old order.
SELECT ideamine.resume_queue('acme', 'mail');
SELECT count(*) FROM ideamine.paused_queues;
SELECT * FROM pg_temp.state;
SELECT pg_temp.acquire(:'worker');

-- By default it is the queue "default"; NULL for the tenant means the setting.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b'), pg_temp.make('c', 'mail');
SET ideamine.tenant_id = 'acme';
SELECT ideamine.pause_queue(NULL);
SELECT tenant_id, queue, reason FROM ideamine.paused_queues;
SELECT ideamine.resume_queue(NULL);
RESET ideamine.tenant_id;

-- The old order: what was ready longest goes first, whether it was paused or came later; the highest class first.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('1 2 3');
SELECT count(*) FROM ideamine.create_job('acme', 'urgent', priority_class => 'P0');
SELECT pg_temp.acquire(:'worker', 2);
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = '1';
SELECT ideamine.pause_queue('acme');
SELECT pg_temp.make('4 5'), ideamine.resume_queue('acme');
SELECT pg_temp.acquire(:'worker');

-- Jobs that come later: none is handed out or listed as runnable.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('early');
SELECT ideamine.pause_queue('acme');
SELECT pg_temp.make('late1 late2');
SELECT count(*) FROM ideamine.get_runnable_jobs('acme');
SELECT pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.state;
SELECT pg_temp.make('later still'), pg_temp.make('other', 'mail'), pg_temp.acquire(:'worker');
SELECT ideamine.resume_queue('acme');
SELECT pg_temp.acquire(:'worker');

-- A large backlog that comes later does not keep others waiting.
CALL pg_temp.forget_jobs();
SELECT ideamine.pause_queue('acme', 'bulk');
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg('{"job_type": "bulk", "queue": "bulk"}'::jsonb) FROM generate_series(1, 10000)));
SELECT pg_temp.make('free'), pg_temp.acquire(:'worker', 1);
SELECT status, count(*) FROM ideamine.jobs GROUP BY 1 ORDER BY 1;
SELECT ideamine.resume_queue('acme', 'bulk');
SELECT status, count(*) FROM ideamine.jobs GROUP BY 1 ORDER BY 1;

-- What runs goes on, and ends as always: completed, failed for good, handed back or retried, which are paused then.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('completes fails released retried');
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'completes'));
SELECT pg_temp.acquire(:'worker');
SELECT ideamine.pause_queue('acme');
SELECT * FROM ideamine.heartbeat(:'worker');
SELECT pg_temp.complete('completes');
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f WHERE job_type = 'fails';
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'released';
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', retry_after => '0') f WHERE job_type = 'retried';
SELECT pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.state;
SELECT ideamine.resume_queue('acme');
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker')) AS type;

-- Jobs that are scheduled keep their time, jobs that are blocked wait on; when they become runnable they are not handed out.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('parent', 'other');
SELECT count(*) FROM ideamine.create_job('acme', 'scheduled', run_at => now() + interval '1 hour');
SELECT count(*) FROM ideamine.create_job('acme', 'blocked', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'parent'));
SELECT ideamine.pause_queue('acme');
SELECT count(*) FROM ideamine.create_job('acme', 'scheduled later', run_at => now() + interval '1 hour');
SELECT * FROM pg_temp.state;
SELECT pg_temp.acquire(:'worker'), pg_temp.complete('parent') AS unblocked, pg_temp.acquire(:'worker');
SELECT ideamine.promote_scheduled_jobs(now() + interval '2 hours');
SELECT pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.state;
SELECT ideamine.resume_queue('acme');
SELECT * FROM pg_temp.state;
SELECT pg_temp.acquire(:'worker');
-- The one that was paused before its time comes due as if nothing had been.
SELECT ideamine.promote_scheduled_jobs(now() + interval '2 hours');
SELECT pg_temp.acquire(:'worker');

-- Jobs that wait for their concurrency key are not handed out either, and come back when both allow it.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"job_type": "holder", "concurrency_key": "k"}, {"job_type": "waits", "concurrency_key": "k"}]');
SELECT pg_temp.acquire(:'worker'), ideamine.pause_queue('acme');
SELECT pg_temp.complete('holder'), pg_temp.acquire(:'worker'), ideamine.readmit_waiting_jobs();
SELECT ideamine.resume_queue('acme'), pg_temp.acquire(:'worker');

-- A paused job can be cancelled, and what waits for it follows.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b');
SELECT count(*) FROM ideamine.create_job('acme', 'behind', depends_on => ARRAY(SELECT job_id FROM ideamine.jobs WHERE job_type = 'a'));
SELECT ideamine.pause_queue('acme');
SELECT c.status, c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'a';
SELECT ideamine.resume_queue('acme'), pg_temp.acquire(:'worker');

-- Dead letters that get another chance in a paused queue wait, too.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('dead'), pg_temp.acquire(:'worker');
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f;
SELECT ideamine.pause_queue('acme');
SELECT count(*) FROM ideamine.retry_dead_letters('acme');
SELECT pg_temp.acquire(:'worker'), ideamine.resume_queue('acme'), pg_temp.acquire(:'worker');

-- Pausing again changes the reason, if one is given, and pauses what has come since; the time stays.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a'), ideamine.pause_queue('acme', reason => 'first');
SELECT paused_at AS paused FROM ideamine.paused_queues \gset
SELECT pg_temp.make('b'), ideamine.pause_queue('acme');
SELECT reason, paused_at = :'paused' AS unchanged FROM ideamine.paused_queues;
SELECT ideamine.pause_queue('acme', 'default', 'second');
SELECT reason, paused_at = :'paused' AS unchanged FROM ideamine.paused_queues;
-- A reason is kept up to 16 kB.
SELECT ideamine.pause_queue('acme', 'default', 'x' || repeat('é', 10000));
SELECT octet_length(reason), 'x' || repeat('é', 10000) LIKE reason || '%' AS its_beginning FROM ideamine.paused_queues;

-- Resuming twice, or a queue that is not paused, does nothing.
SELECT ideamine.resume_queue('acme'), ideamine.resume_queue('acme'), ideamine.resume_queue('acme', 'unheard of');
SELECT pg_temp.acquire(:'worker');

-- A queue can be paused before it has jobs. A pause or resumption that rolls back has no effect.
CALL pg_temp.forget_jobs();
SELECT ideamine.pause_queue('acme', 'new');
SELECT pg_temp.make('a', 'new'), pg_temp.acquire(:'worker');
BEGIN;
SELECT ideamine.resume_queue('acme', 'new');
ROLLBACK;
SELECT pg_temp.acquire(:'worker');
SELECT ideamine.resume_queue('acme', 'new'), pg_temp.acquire(:'worker');
BEGIN;
SELECT pg_temp.make('b', 'new'), ideamine.pause_queue('acme', 'new'), pg_temp.acquire(:'worker');
ROLLBACK;
SELECT pg_temp.make('c', 'new'), pg_temp.acquire(:'worker');
-- In one transaction with everything else.
BEGIN;
SELECT pg_temp.make('d', 'new'), ideamine.pause_queue('acme', 'new');
SELECT pg_temp.make('e', 'new'), pg_temp.acquire(:'worker');
SELECT ideamine.resume_queue('acme', 'new'), pg_temp.acquire(:'worker');
COMMIT;

-- Unknown tenants, invalid queues.
CALL pg_temp.refused($$SELECT ideamine.pause_queue('nobody')$$);
CALL pg_temp.refused($$SELECT ideamine.resume_queue('nobody')$$);
CALL pg_temp.refused($$SELECT ideamine.pause_queue('acme', '')$$);
CALL pg_temp.refused($$SELECT ideamine.pause_queue('acme', NULL)$$);
CALL pg_temp.refused($$SELECT ideamine.pause_queue('acme', E'a\tb')$$);
CALL pg_temp.refused($$SELECT ideamine.pause_queue('acme', repeat('x', 201))$$);
CALL pg_temp.refused($$SELECT ideamine.resume_queue('acme', '')$$);
CALL pg_temp.refused($$SELECT ideamine.resume_queue('acme', NULL)$$);
SELECT count(*) FROM ideamine.paused_queues;
