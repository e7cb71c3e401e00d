-- concurrency_key and concurrency_limit: of the jobs of a tenant with one key only so many run at a time.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset
SELECT ideamine.register_worker('another') AS another \gset
CREATE FUNCTION pg_temp.acquire(worker uuid, jobs integer DEFAULT 100) RETURNS text[] LANGUAGE sql AS
  'SELECT array_agg(job_type) FROM ideamine.acquire_jobs(worker, jobs)';
CREATE FUNCTION pg_temp.complete(type text) RETURNS integer LANGUAGE sql AS
  $$SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = type AND status = 'running'$$;
-- Makes jobs of these types, in this order, with a key.
CREATE FUNCTION pg_temp.make(types text, key text, most integer DEFAULT NULL, tenant text DEFAULT 'acme') RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM ideamine.create_jobs(tenant, (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'job_type', type, 'concurrency_key', key, 'concurrency_limit', most)) ORDER BY i)
    FROM regexp_split_to_table(types, ' ') WITH ORDINALITY AS t (type, i)))$$;
CREATE PROCEDURE pg_temp.forget_jobs() LANGUAGE sql AS
  'TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine_internal.stop_notices';
CREATE VIEW pg_temp.state AS SELECT job_type, status, ready_at IS NOT NULL AS ready, open_dependencies AS open FROM ideamine.jobs ORDER BY job_id;

-- At most one runs by default, however many are asked for, by whom and in how many calls.
SELECT pg_temp.make('a b c', 'k');
SELECT concurrency_key, concurrency_limit FROM ideamine.jobs LIMIT 1;
SELECT pg_temp.acquire(:'worker', 1);
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'another');
-- The others wait, and keep their place.
SELECT * FROM pg_temp.state;
SELECT pg_temp.complete('a');
SELECT pg_temp.acquire(:'another');
SELECT pg_temp.complete('b');
SELECT pg_temp.acquire(:'worker');
SELECT pg_temp.complete('c');
SELECT pg_temp.acquire(:'worker');

-- The limit is what it says: three of five, in one call or one by one.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c d e', 'k', 3);
SELECT pg_temp.acquire(:'worker', 2);
SELECT pg_temp.acquire(:'another');
SELECT pg_temp.acquire(:'another');
SELECT pg_temp.complete('a'), pg_temp.complete('b'), pg_temp.acquire(:'another');
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c d e', 'k', 3);
SELECT pg_temp.acquire(:'worker');

-- Keys are a tenant's own, and each has room of its own; jobs without one are not concerned.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a1 a2', 'k'), pg_temp.make('b1 b2', 'l'), pg_temp.make('c1 c2', NULL), pg_temp.make('d1 d2', 'k', 1, 'globex');
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker')) AS type;

-- Two keys of which one runs into the other when written one after the other.
CALL pg_temp.forget_jobs();
SELECT ideamine.create_tenant('a'), ideamine.create_tenant('ab');
SELECT pg_temp.make('a', 'bc', 1, 'a'), pg_temp.make('b', 'c', 1, 'ab');
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker')) AS type;

-- Whatever ends an attempt gives the room back: a completion.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('complete complete_batch fail fail_for_good release cancel lost expire last', 'k');
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('complete');
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
-- A batch of them.
SELECT c.answer FROM ideamine.jobs j, ideamine.complete_jobs(jsonb_build_array(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch))) c WHERE job_type = 'complete_batch';
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
-- A failure that is retried later, and one for good.
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', retry_after => '1 hour') f WHERE job_type = 'fail';
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
SELECT f.status FROM ideamine.jobs j, ideamine.fail_job(tenant_id, job_id, epoch, 'boom', false) f WHERE job_type = 'fail_for_good';
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
-- A hand-back: the job itself is the first to be acquired again.
SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'release';
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('release');
SELECT pg_temp.acquire(:'worker');
-- A cancellation while it runs.
SELECT c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'cancel';
SELECT ideamine.register_worker('silent') AS silent \gset
SELECT pg_temp.acquire(:'silent'), pg_temp.acquire(:'worker');
-- A worker that is given up: its job comes back, and is still the only one.
SELECT jobs_requeued FROM ideamine.mark_stale_workers(clock_timestamp() + interval '30 seconds') WHERE worker_id = :'silent';
UPDATE ideamine.workers SET last_heartbeat_at = last_heartbeat_at - interval '1 hour' WHERE worker_id = :'silent';
SELECT jobs_requeued FROM ideamine.mark_stale_workers() WHERE worker_id = :'silent';
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('lost');
-- A lease that ran out.
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 1, '1 second');
SELECT job_id = (SELECT job_id FROM ideamine.jobs WHERE job_type = 'expire') AS the_job, status FROM ideamine.expire_leases(clock_timestamp() + interval '2 seconds');
SELECT pg_temp.acquire(:'worker'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('expire');
-- A worker that says good-bye.
SELECT ideamine.register_worker('leaving') AS leaving \gset
SELECT pg_temp.acquire(:'leaving');
SELECT ideamine.terminate_worker(:'leaving');
SELECT pg_temp.acquire(:'worker');
SELECT pg_temp.complete('last');
SELECT job_type, status FROM ideamine.jobs WHERE status NOT IN ('completed', 'cancelled', 'failed');

-- One that waits for its key can be cancelled; that makes no room.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c', 'k');
SELECT pg_temp.acquire(:'worker');
SELECT c.status, c.cancelled FROM ideamine.jobs j, ideamine.cancel_job(tenant_id, job_id) c WHERE job_type = 'b';
SELECT pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a');
SELECT pg_temp.acquire(:'worker');

-- Within a key the highest class goes first, also among those that wait, and then who was ready longest.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM unnest('{P2 first,P2 second,P3,P1,P0,P2 third}'::text[]) AS type,
  ideamine.create_job('acme', type, priority_class => left(type, 2), options => '{"concurrency_key": "k"}');
SELECT pg_temp.acquire(:'worker', 1);
SELECT pg_temp.acquire(:'worker');
SELECT pg_temp.complete('P0'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('P1'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('P2 first'), pg_temp.acquire(:'worker');
-- A job of a higher class that comes later overtakes them.
SELECT count(*) FROM ideamine.create_job('acme', 'late P1', priority_class => 'P1', options => '{"concurrency_key": "k"}');
SELECT pg_temp.complete('P2 second'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('late P1'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('P2 third'), pg_temp.acquire(:'worker');

-- What waits for its key does not stand in the way of the tenant's other jobs, of its class or a lower one.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c', 'k'), pg_temp.make('free', NULL);
SELECT count(*) FROM ideamine.create_job('acme', 'low', priority_class => 'P3');
SELECT pg_temp.acquire(:'worker', 1);
SELECT pg_temp.acquire(:'worker', 1);
SELECT pg_temp.acquire(:'worker', 1);

-- Nor do 10,000: the first call that meets them puts them aside, and later ones do not see them.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('holder', 'k');
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg('{"job_type": "behind", "concurrency_key": "k"}'::jsonb) FROM generate_series(1, 10000)));
SELECT pg_temp.make('free1 free2', NULL);
SELECT pg_temp.acquire(:'worker', 1);
SELECT pg_temp.acquire(:'worker', 1);
SELECT count(*) FROM ideamine.jobs WHERE status = 'blocked' AND ready_at IS NOT NULL AND open_dependencies = 0;
SELECT pg_temp.acquire(:'worker', 1);
SELECT pg_temp.complete('holder');
SELECT pg_temp.acquire(:'worker');
-- Each end brings back one, as many as there is room for.
SELECT pg_temp.complete('behind'), pg_temp.acquire(:'worker');
SELECT status, count(*) FROM ideamine.jobs WHERE job_type = 'behind' GROUP BY 1 ORDER BY 1;

-- Jobs with one key and different limits: each goes by its own.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c', 'k', 3), pg_temp.make('alone', 'k', 1), pg_temp.make('d e', 'k', 3);
SELECT pg_temp.acquire(:'worker');
SELECT pg_temp.complete('a'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('b'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('c'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('d'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('e'), pg_temp.acquire(:'worker');
-- While one that may only be alone runs, those with a higher limit may join it.
SELECT pg_temp.make('f g h', 'k', 2), pg_temp.acquire(:'worker');

-- With dependencies: a job that waits for others holds no room and takes none.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a", "concurrency_key": "k"},
  {"key": "b", "job_type": "b", "concurrency_key": "k", "depends_on": ["a"]}, {"key": "c", "job_type": "c", "concurrency_key": "k"}]');
SELECT pg_temp.acquire(:'worker');
SELECT * FROM pg_temp.state;
SELECT pg_temp.complete('a');
SELECT pg_temp.acquire(:'worker');
SELECT pg_temp.complete('c');
SELECT pg_temp.acquire(:'worker');

-- Scheduled ones wait for their time first.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_job('acme', 'later', run_at => now() + interval '1 hour', options => '{"concurrency_key": "k"}');
SELECT pg_temp.make('now', 'k'), pg_temp.acquire(:'worker');
SELECT ideamine.promote_scheduled_jobs(now() + interval '2 hours'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('now'), pg_temp.acquire(:'worker');

-- The room is given back at commit: a completion that rolls back gives none.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b', 'k'), pg_temp.acquire(:'worker');
BEGIN;
SELECT pg_temp.complete('a');
ROLLBACK;
SELECT pg_temp.acquire(:'another');
-- And a claim that rolls back takes none, also up to a savepoint.
SELECT pg_temp.complete('a');
BEGIN;
SAVEPOINT here;
SELECT pg_temp.acquire(:'worker');
ROLLBACK TO here;
SELECT pg_temp.acquire(:'worker');
ROLLBACK;
SELECT pg_temp.acquire(:'worker');
-- One transaction completes and claims.
BEGIN;
SELECT pg_temp.make('c', 'k'), pg_temp.acquire(:'worker');
SELECT pg_temp.complete('b'), pg_temp.acquire(:'worker');
COMMIT;
SELECT * FROM pg_temp.state;

-- A duty brings back what waits although there is room, as after changes by hand; it says how many.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b c d e', 'k', 2), pg_temp.make('x y', 'l'), pg_temp.make('p q r', 'k', 3, 'globex');
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker')) AS type;
SELECT ideamine.readmit_waiting_jobs();
SELECT pg_temp.acquire(:'worker');
UPDATE ideamine.jobs SET status = 'cancelled', finished_at = now() WHERE job_type IN ('a', 'x');
SELECT pg_temp.acquire(:'worker');
SELECT ideamine.readmit_waiting_jobs();
SELECT array_agg(type ORDER BY type) FROM unnest(pg_temp.acquire(:'worker')) AS type;
SELECT ideamine.readmit_waiting_jobs();
UPDATE ideamine.jobs SET status = 'cancelled', finished_at = now() WHERE status = 'running';
SELECT ideamine.readmit_waiting_jobs();
SELECT pg_temp.acquire(:'worker');
-- Where the limits differ, also one that may run although the one before it may not.
CALL pg_temp.forget_jobs();
SELECT pg_temp.make('a b', 'k', 2), pg_temp.make('alone', 'k', 1), pg_temp.make('c', 'k', 2), pg_temp.acquire(:'worker');
UPDATE ideamine.jobs SET status = 'cancelled', finished_at = now() WHERE job_type = 'a';
SELECT ideamine.readmit_waiting_jobs(), pg_temp.acquire(:'worker');
-- A job that waits for others is not brought back.
CALL pg_temp.forget_jobs();
SELECT count(*) FROM ideamine.create_jobs('acme', '[{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "concurrency_key": "k", "depends_on": ["a"]}]');
SELECT ideamine.readmit_waiting_jobs();
SELECT * FROM pg_temp.state;

-- A worker's capacity and its capabilities count before the key.
CALL pg_temp.forget_jobs();
SELECT ideamine.register_worker('small', capacity => 1) AS small \gset
SELECT pg_temp.make('a b c', 'k', 2), pg_temp.acquire(:'small');
SELECT pg_temp.acquire(:'another'), pg_temp.acquire(:'small');
SELECT count(*) FROM ideamine.create_job('acme', 'able', options => '{"concurrency_key": "l", "required_capabilities": ["gpu"]}');
SELECT pg_temp.make('plain', 'l'), pg_temp.acquire(:'another');

-- Bad options.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_limit": 2}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_key": "k", "concurrency_limit": 0}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_key": "k", "concurrency_limit": -1}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_key": "k", "concurrency_limit": 1.5}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_key": "k", "concurrency_limit": "2"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_key": "k", "concurrency_limit": 3000000000}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_key": ""}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => '{"concurrency_key": 1}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'x', options => jsonb_build_object('concurrency_key', repeat('x', 201)))$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[{"job_type": "x"}, {"job_type": "x", "concurrency_limit": 1}]')$$);

-- However many keys a transaction has to do with, it leaves room in the server's table of locks.
CALL pg_temp.forget_jobs();
BEGIN;
SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg(jsonb_build_object('job_type', 'x', 'concurrency_key', 'many ' || i))
  FROM generate_series(1, 4000) AS i));
SELECT count(*) FROM ideamine.acquire_jobs(ideamine.register_worker('many'), 4000);
SELECT count(*) FROM ideamine.expire_leases(now() + interval '1 day');
SELECT count(*) <= 2048 AS few FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
ROLLBACK;
