-- The option idempotency_key, the function of the same name, its statistics, and the end of a key's life.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.idempotency_keys, ideamine.paused_queues,
  ideamine_internal.idempotency_expired, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.register_worker('test') AS worker \gset

-- The second call with a key returns the job of the first, and makes none, whatever else it asks for.
SELECT job_id AS first, created FROM ideamine.create_job('acme', 'bill', '{"order": 1}', options => '{"idempotency_key": "order 1"}') \gset
\echo :created
SELECT job_id = :'first' AS the_first, created
FROM ideamine.create_job('acme', 'other', '{"order": 2}', 'P0', options => '{"idempotency_key": "order 1", "queue": "x", "concurrency_key": "c"}');
SELECT job_type, payload, priority_class, queue, concurrency_key FROM ideamine.jobs;

-- Also when the job runs, has ended, or was removed: the work has been done.
SELECT job_id = :'first' AS the_first, epoch FROM ideamine.acquire_jobs(:'worker') \gset
SELECT job_id = :'first' AS the_first, created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "order 1"}');
SELECT ideamine.complete_job('acme', :'first', :epoch);
SELECT job_id = :'first' AS the_first, created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "order 1"}');
SELECT ideamine.purge_finished_jobs(now() + interval '60 days');
SELECT job_id = :'first' AS the_first, created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "order 1"}');
SELECT count(*) FROM ideamine.jobs;

-- Another key, no key, and another tenant make jobs of their own.
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "order 2"}');
SELECT created FROM ideamine.create_job('acme', 'bill'), ideamine.create_job('acme', 'bill') AS again (another_id, another);
SELECT created, job_id <> :'first' AS another FROM ideamine.create_job('globex', 'bill', options => '{"idempotency_key": "order 1"}');

-- A key with letters of other scripts, and spaces; the case of letters matters.
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "Zählung № 1 "}');
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "Zählung № 1 "}');
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "zählung № 1 "}');

-- The row of a key: when it was made, when it ends, how often it was met again.
SELECT k.hits, k.job_id = :'first' AS its_job, k.created_at <= now() AS made_before, k.expires_at - k.created_at AS lives
FROM ideamine.idempotency_keys k WHERE k.tenant_id = 'acme' AND k.idempotence_key = 'order 1';

-- A creation that fails or is rolled back leaves no key behind.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'bill', depends_on => '{00000000-0000-7000-8000-000000000000}', options => '{"idempotency_key": "fails"}')$$);
BEGIN;
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "rolled back"}');
ROLLBACK;
SELECT count(*) FROM ideamine.idempotency_keys WHERE idempotence_key IN ('fails', 'rolled back');
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "rolled back"}');

-- Within one transaction, and after a savepoint that was rolled back.
BEGIN;
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "twice"}');
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "twice"}');
SAVEPOINT here;
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "undone"}');
ROLLBACK TO here;
SELECT created FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "undone"}');
COMMIT;

-- Bad keys.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": ""}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": 7}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'bill', options => '{"idempotency_key": "a\tb"}')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'bill', options => jsonb_build_object('idempotency_key', repeat('x', 201)))$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('acme', 'bill', options => '{"idempotence_key": "x"}')$$);
SELECT created FROM ideamine.create_job('acme', 'bill', options => jsonb_build_object('idempotency_key', repeat('x', 200)));

-- The life of a key is ideamine.idempotency_ttl; then it makes a new job, and lives anew.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.idempotency_keys;
SET ideamine.idempotency_ttl = '90min';
SELECT job_id AS first FROM ideamine.create_job('acme', 'daily', options => '{"idempotency_key": "day"}') \gset
SELECT expires_at - created_at AS lives FROM ideamine.idempotency_keys;
RESET ideamine.idempotency_ttl;
SELECT job_id = :'first' AS the_first, created FROM ideamine.create_job('acme', 'daily', options => '{"idempotency_key": "day"}');
SELECT expires_at - created_at AS lives, hits FROM ideamine.idempotency_keys;
UPDATE ideamine.idempotency_keys SET expires_at = now();
SELECT job_id <> :'first' AS another, created FROM ideamine.create_job('acme', 'daily', options => '{"idempotency_key": "day"}');
SELECT created FROM ideamine.create_job('acme', 'daily', options => '{"idempotency_key": "day"}');
SELECT expires_at - created_at AS lives, hits, job_id <> :'first' AS of_the_second FROM ideamine.idempotency_keys;
SELECT count(*) FROM ideamine.jobs;

-- Statistics: keys alive, hits on keys alive and gone, keys that expired (renewed, waiting for their removal, removed).
SELECT * FROM ideamine.idempotency_stats('acme');
SELECT * FROM ideamine.idempotency_stats('globex');
SELECT count(*) FROM generate_series(1, 3) AS i, ideamine.create_job('acme', 'x', options => jsonb_build_object('idempotency_key', 'key ' || i));
SELECT count(*) FROM ideamine.create_job('globex', 'x', options => '{"idempotency_key": "key 1"}');
SELECT count(*) FROM ideamine.create_job('globex', 'x', options => '{"idempotency_key": "key 1"}');
UPDATE ideamine.idempotency_keys SET expires_at = now() - interval '1 second' WHERE idempotence_key IN ('key 1', 'key 2');
SELECT * FROM ideamine.idempotency_stats('acme');
SELECT * FROM ideamine.idempotency_stats('globex');

-- The duty removes what has expired, and only that; the numbers stay.
SELECT ideamine.purge_idempotency_keys();
SELECT ideamine.purge_idempotency_keys();
SELECT tenant_id, idempotence_key FROM ideamine.idempotency_keys ORDER BY 1, 2;
SELECT * FROM ideamine.idempotency_stats('acme');
SELECT * FROM ideamine.idempotency_stats('globex');
SET ideamine.tenant_id = 'globex';
SELECT * FROM ideamine.idempotency_stats();
RESET ideamine.tenant_id;

-- It judges by the time that it is given.
SELECT ideamine.purge_idempotency_keys(now() - interval '1 day'), ideamine.purge_idempotency_keys(now() + interval '23 hours');
SELECT ideamine.purge_idempotency_keys(now() + interval '25 hours');
SELECT * FROM ideamine.idempotency_stats('acme');

-- Statistics of a tenant that is not there.
CALL pg_temp.refused($$SELECT * FROM ideamine.idempotency_stats('nobody')$$);

-- At most 10,000 a pass.
INSERT INTO ideamine.idempotency_keys SELECT 'acme', 'old ' || i, gen_random_uuid(), now() - interval '2 days', now() - interval '1 day', 1
FROM generate_series(1, 10001) AS i;
SELECT ideamine.purge_idempotency_keys(), ideamine.purge_idempotency_keys(), ideamine.purge_idempotency_keys();
SELECT * FROM ideamine.idempotency_stats('acme');

-- In a batch: keys that stand for jobs already, new ones, and none, in the order of the array.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.idempotency_keys, ideamine_internal.idempotency_expired;
SELECT job_id AS old FROM ideamine.create_job('acme', 'old', options => '{"idempotency_key": "old"}') \gset
SELECT key, created, job_id = :'old' AS the_old_one FROM ideamine.create_jobs('acme', '[
  {"job_type": "plain"},
  {"key": "b", "job_type": "renamed", "idempotency_key": "old"},
  {"key": "c", "job_type": "new", "idempotency_key": "new"}]');
SELECT job_type FROM ideamine.jobs ORDER BY job_id;

-- A key that comes twice in a batch makes one job.
SELECT min(position) AS first_place, array_agg(position ORDER BY position) AS places, array_agg(created ORDER BY position) AS created
FROM ideamine.create_jobs('acme', '[
  {"job_type": "x", "idempotency_key": "one"}, {"job_type": "x", "idempotency_key": "two"},
  {"job_type": "x", "idempotency_key": "one"}, {"job_type": "x", "idempotency_key": "one"},
  {"job_type": "x", "idempotency_key": "old"}, {"job_type": "x", "idempotency_key": "old"}]')
  WITH ORDINALITY AS made (key, job_id, created, position)
GROUP BY job_id ORDER BY 1;
SELECT idempotence_key, hits FROM ideamine.idempotency_keys ORDER BY 1;
SELECT * FROM ideamine.idempotency_stats('acme');

-- The same batch once more makes nothing.
SELECT array_agg(created) FROM ideamine.create_jobs('acme', '[
  {"job_type": "x", "idempotency_key": "one"}, {"job_type": "x", "idempotency_key": "two"}]');

-- A batch that is refused takes no keys.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[
  {"job_type": "x", "idempotency_key": "three"}, {"job_type": ""}]')$$);
SELECT count(*) FROM ideamine.idempotency_keys WHERE idempotence_key = 'three';

-- A new job waits for one that is there already under its key; what the old one would wait for now does not count.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.idempotency_keys;
SELECT job_id AS fetch FROM ideamine.create_job('acme', 'fetch', options => '{"idempotency_key": "fetch"}') \gset
SELECT key, created FROM ideamine.create_jobs('acme', '[
  {"key": "login", "job_type": "login"},
  {"key": "fetch", "job_type": "fetch again", "idempotency_key": "fetch", "depends_on": ["login"]},
  {"key": "parse", "job_type": "parse", "idempotency_key": "parse", "depends_on": ["fetch", "login"]}]');
SELECT j.job_type, j.status, j.open_dependencies FROM ideamine.jobs j ORDER BY job_id;
SELECT j.job_type, p.job_type AS waits_for FROM ideamine.job_dependencies d
JOIN ideamine.jobs j ON j.job_id = d.job_id JOIN ideamine.jobs p ON p.job_id = d.depends_on ORDER BY 1, 2;
SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
SELECT array_agg(answer) FROM ideamine.complete_jobs((SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)) FROM ideamine.jobs WHERE status = 'running'));
SELECT job_type, status, open_dependencies FROM ideamine.jobs ORDER BY job_id;

-- The whole graph once more: nothing new, and nothing waits.
SELECT key, created FROM ideamine.create_jobs('acme', '[
  {"key": "fetch", "job_type": "fetch", "idempotency_key": "fetch"},
  {"key": "parse", "job_type": "parse", "idempotency_key": "parse", "depends_on": ["fetch"]}]');
SELECT count(*) FROM ideamine.jobs;

-- Two names of the caller for one job that is there already: its dependent waits for it once.
SELECT key, created FROM ideamine.create_jobs('acme', jsonb_build_array(
  '{"key": "parse", "job_type": "parse", "idempotency_key": "parse"}'::jsonb,
  jsonb_build_object('key', 'report', 'job_type', 'report', 'depends_on',
    jsonb_build_array('parse', (SELECT job_id FROM ideamine.jobs WHERE job_type = 'parse')))));
SELECT job_type, status, open_dependencies FROM ideamine.jobs WHERE job_type = 'report';

-- A job that was cancelled or has failed is still the job of its key; who is made to wait for it is cancelled too.
SELECT job_id AS gone FROM ideamine.create_job('acme', 'gone', options => '{"idempotency_key": "gone"}') \gset
SELECT status FROM ideamine.cancel_job('acme', :'gone');
SELECT key, created FROM ideamine.create_jobs('acme', '[
  {"key": "gone", "job_type": "gone", "idempotency_key": "gone"}, {"key": "late", "job_type": "late", "depends_on": ["gone"]}]');
SELECT job_type, status, cancel_reason FROM ideamine.jobs WHERE job_type = 'late';

-- A key that comes twice among jobs with dependencies is refused: the graph would not be what it says.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "x", "idempotency_key": "same"},
  {"key": "b", "job_type": "x", "idempotency_key": "same", "depends_on": ["a"]}]')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('acme', '[
  {"key": "a", "job_type": "x", "idempotency_key": "same"},
  {"key": "b", "job_type": "x", "idempotency_key": "same"},
  {"key": "c", "job_type": "x", "depends_on": ["b"]}]')$$);
SELECT count(*) FROM ideamine.idempotency_keys WHERE idempotence_key = 'same';

-- With a quorum: the key stands for the job, not for its votes.
SELECT job_id AS voted FROM ideamine.create_job('acme', 'voted', options => '{"idempotency_key": "voted", "quorum": {"votes": 3, "agree": 2}}') \gset
SELECT job_id = :'voted' AS the_same, created FROM ideamine.create_job('acme', 'voted', options => '{"idempotency_key": "voted", "quorum": {"votes": 3, "agree": 2}}');
SELECT count(*) FROM ideamine.jobs WHERE quorum_of IS NOT NULL;

-- The function: 64 hexadecimal digits, as SHA-256 over the canonical form, a JSON array of its arguments.
SELECT ideamine.idempotency_key('bill', '{"b": 1, "a": [2, "x"]}', 'today') AS key;
SELECT ideamine.idempotency_key('bill', '{"b": 1, "a": [2, "x"]}', 'today') =
  encode(sha256('["bill",{"a":[2,"x"],"b":1},"today"]'), 'hex') AS of_the_canonical_form;
SELECT ideamine.idempotency_key('bill') = encode(sha256('["bill",{},null]'), 'hex') AS by_default;

-- The order of keys does not matter, at any depth; that of elements does.
SELECT ideamine.idempotency_key('x', '{"a": 1, "bb": {"d": [1, {"e": 2, "f": 3}], "c": null}}') =
       ideamine.idempotency_key('x', '{"bb": {"c": null, "d": [1, {"f": 3, "e": 2}]}, "a": 1}') AS same;
SELECT ideamine.idempotency_key('x', '[1, 2]') = ideamine.idempotency_key('x', '[2, 1]') AS same;

-- Nor how a number is written.
SELECT number, ideamine.idempotency_key('x', format('{"n": [%s]}', number)::jsonb) = ideamine.idempotency_key('x', '{"n": [100]}') AS as_100
FROM unnest('{100,100.0,1e2,1.0e+2,10000e-2,100.00000000000000000000,-100,100.5,101}'::text[]) AS number;
SELECT number, ideamine.idempotency_key('x', number::jsonb) = ideamine.idempotency_key('x', '0') AS as_0
FROM unnest('{0,-0,0.0,0e7,-0.00,0.0000001}'::text[]) AS number;
SELECT count(DISTINCT ideamine.idempotency_key('x', number::jsonb)) AS different
FROM unnest('{0.1,0.10,1e-1,0.01,12345678901234567890123456789.1,12345678901234567890123456789.10,12345678901234567890123456789.2,1e400,10e399}'::text[]) AS number;

-- What differs in kind or content is different work: text and numbers, empty and absent, null and "null", type and payload and scope.
SELECT count(DISTINCT key) AS different, count(*) AS all FROM (VALUES
  (ideamine.idempotency_key('x', '1')), (ideamine.idempotency_key('x', '"1"')), (ideamine.idempotency_key('x', 'null')),
  (ideamine.idempotency_key('x', '"null"')), (ideamine.idempotency_key('x', 'false')), (ideamine.idempotency_key('x', '[]')),
  (ideamine.idempotency_key('x', '{}')), (ideamine.idempotency_key('x', '""')), (ideamine.idempotency_key('x', '{"a": null}')),
  (ideamine.idempotency_key('x', '[[]]')), (ideamine.idempotency_key('x', '[1,[2]]')), (ideamine.idempotency_key('x', '[[1],2]')),
  (ideamine.idempotency_key('y', '1')), (ideamine.idempotency_key('x', '1', '')), (ideamine.idempotency_key('x', '1', 'null')),
  (ideamine.idempotency_key('x', '1', 'day')), (ideamine.idempotency_key('x1', '{}')), (ideamine.idempotency_key('x,1', '{}')),
  (ideamine.idempotency_key('x","y', '{}')), (ideamine.idempotency_key('x', '"y"'))) AS made (key);
-- How a character is written does not matter; which it is does.
SELECT ideamine.idempotency_key('x', '"é\n\/"') = ideamine.idempotency_key('x', E'"\\u00e9\\u000a/"') AS same,
  ideamine.idempotency_key('x', '"\\n"') = ideamine.idempotency_key('x', '"\n"') AS backslash_n;

-- It makes jobs of which there is one for the same work a day.
SELECT created FROM ideamine.create_job('acme', 'bill', '{"order": 1, "net": 10}',
  options => jsonb_build_object('idempotency_key', ideamine.idempotency_key('bill', '{"order": 1, "net": 10}', '2027-01-01')));
SELECT created FROM ideamine.create_job('acme', 'bill', '{"net": 1e1, "order": 1.0}',
  options => jsonb_build_object('idempotency_key', ideamine.idempotency_key('bill', '{"net": 1e1, "order": 1.0}', '2027-01-01')));
SELECT created FROM ideamine.create_job('acme', 'bill', '{"order": 1, "net": 10}',
  options => jsonb_build_object('idempotency_key', ideamine.idempotency_key('bill', '{"order": 1, "net": 10}', '2027-01-02')));

-- NULL for the payload or the scope means the default; a missing or invalid type is refused.
SELECT ideamine.idempotency_key('x', NULL, NULL) = ideamine.idempotency_key('x') AS default;
CALL pg_temp.refused($$SELECT ideamine.idempotency_key(NULL, '{}')$$);
CALL pg_temp.refused($$SELECT ideamine.idempotency_key('', '{}')$$);
CALL pg_temp.refused($$SELECT ideamine.idempotency_key(repeat('x', 201))$$);
-- It writes nothing, and may stand in an index.
BEGIN READ ONLY;
SELECT length(ideamine.idempotency_key('x'));
COMMIT;

-- Batches of keys of which many are known, against what a table says of them: the job of a key is the first that was
-- made with it.
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.idempotency_keys, ideamine_internal.idempotency_expired;
CREATE TEMPORARY TABLE known (key text PRIMARY KEY, job uuid, met bigint DEFAULT 0);
SELECT setseed(0.5);
DO $$
DECLARE
  wanted jsonb;
  made   record;
BEGIN
  FOR batch IN 1 .. 60 LOOP
    SELECT jsonb_agg(jsonb_build_object('key', i::text, 'job_type', 'x', 'idempotency_key', 'key ' || floor(random() * batch * 8)))
    INTO wanted FROM generate_series(1, 1 + floor(random() * 20)::integer) AS i;
    FOR made IN
      SELECT m.created, m.job_id, w.entry ->> 'idempotency_key' AS key
      FROM jsonb_array_elements(wanted) WITH ORDINALITY AS w (entry, position)
      JOIN ideamine.create_jobs('acme', wanted) WITH ORDINALITY AS m (key, job_id, created, position) USING (position) ORDER BY position
    LOOP
      INSERT INTO known AS k (key, job) VALUES (made.key, made.job_id) ON CONFLICT (key) DO UPDATE SET met = k.met + 1;
      IF made.created <> ((SELECT met FROM known WHERE key = made.key) = 0) THEN
        RAISE EXCEPTION 'batch %: % was told to be %', batch, made.key, made.created;
      END IF;
    END LOOP;
  END LOOP;
END
$$;
SELECT count(*) > 200 AS enough, sum(met) > 50 AS often_met, count(*) FILTER (WHERE k.job_id IS DISTINCT FROM known.job OR k.hits <> known.met) AS different
FROM known FULL JOIN ideamine.idempotency_keys k ON k.idempotence_key = known.key;
SELECT count(*) = (SELECT count(*) FROM known) AS a_job_for_each_key FROM ideamine.jobs;

-- Triggers of others are called for every key, though batches are written past the executor otherwise.
CREATE TEMPORARY TABLE seen (key text);
GRANT INSERT ON seen TO PUBLIC;
CREATE FUNCTION note_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pg_temp.seen VALUES (new.idempotence_key);
  RETURN NULL;
END
$$;
CREATE TRIGGER note_key AFTER INSERT ON ideamine.idempotency_keys FOR EACH ROW EXECUTE FUNCTION note_key();
SELECT created FROM ideamine.create_jobs('acme', '[{"job_type": "x", "idempotency_key": "seen 1"}, {"job_type": "x", "idempotency_key": "seen 2"}]');
SELECT key FROM seen ORDER BY key;
DROP TRIGGER note_key ON ideamine.idempotency_keys;
DROP FUNCTION note_key();
