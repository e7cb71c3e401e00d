-- Rows of usage are appended past the executor, which nobody can tell: also where a table was changed.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.tenant_usage;
\set VERBOSITY sqlstate
SELECT ideamine.set_quotas('acme', max_tokens_per_day => 1000000, max_cpu_cores => 1000);
CREATE FUNCTION pg_temp.take(amount numeric) RETURNS boolean LANGUAGE sql AS
  $$SELECT allowed FROM ideamine.enforce_quota('acme', 'tokens', amount, '11111111-1111-1111-1111-111111111111')$$;
CREATE FUNCTION pg_temp.sum() RETURNS text LANGUAGE sql AS
  $$SELECT format('%s rows, %s', count(*), sum(amount)) FROM ideamine.tenant_usage$$;
CREATE FUNCTION pg_temp.counted() RETURNS numeric LANGUAGE sql AS
  $$SELECT current FROM ideamine.check_quota('acme', 'tokens', 1)$$;

-- What a row is, and where.
SELECT allowed, current FROM ideamine.enforce_quota('acme', 'tokens', 5, '11111111-1111-1111-1111-111111111111',
  '22222222-2222-2222-2222-222222222222');
SELECT allowed, current FROM ideamine.enforce_quota('acme', 'cpu', 0.0001);
SELECT ideamine.release_quota('acme', 'cpu', 0.0005);
SELECT tenant_id, resource, amount, window_start = date_trunc('day', now(), 'UTC') AS today, window_start = '-infinity' AS never,
  abs(extract(epoch FROM recorded_at - now())) < 60 AS now, run_id, job_id,
  tableoid::regclass::text = 'ideamine.tenant_usage_' || to_char(recorded_at AT TIME ZONE 'UTC', 'YYYYMMDD') AS in_its_partition
FROM ideamine.tenant_usage ORDER BY recorded_at;
BEGIN;
SET LOCAL enable_seqscan = off;
SELECT amount FROM ideamine.tenant_usage WHERE tenant_id = 'acme' AND resource = 'cpu' AND window_start = '-infinity' ORDER BY recorded_at;
ROLLBACK;

-- Not seen by the statement itself, but by what comes after it, also in the same function.
SELECT count(*) FROM ideamine.enforce_quota('acme', 'tokens', 1) AS e, ideamine.tenant_usage AS u;
CREATE FUNCTION pg_temp.take_and_count() RETURNS text LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_temp.take(1); PERFORM pg_temp.take(1); RETURN pg_temp.sum(); END$$;
SELECT pg_temp.take_and_count(), pg_temp.sum();

-- Rolled back with its savepoint.
BEGIN;
SELECT pg_temp.take(100);
SAVEPOINT before;
SELECT pg_temp.take(1000);
SELECT pg_temp.sum(), pg_temp.counted();
ROLLBACK TO SAVEPOINT before;
SELECT pg_temp.sum(), pg_temp.counted();
COMMIT;
SELECT pg_temp.sum(), pg_temp.counted();

-- Where nothing may be written.
BEGIN READ ONLY;
SELECT pg_temp.take(1);
ROLLBACK;
SELECT pg_temp.sum(), pg_temp.counted();

-- Triggers of users, for rows and for statements.
CREATE TABLE pg_temp.seen (what text);
CREATE FUNCTION pg_temp.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO seen VALUES (concat_ws(' ', TG_WHEN, TG_LEVEL, NEW.amount));
  RETURN NEW;
END $$;
BEGIN;
CREATE TRIGGER t AFTER INSERT ON ideamine.tenant_usage FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.see();
SELECT pg_temp.take(2);
DROP TRIGGER t ON ideamine.tenant_usage;
CREATE TRIGGER t BEFORE INSERT ON ideamine.tenant_usage FOR EACH ROW EXECUTE FUNCTION pg_temp.see();
SELECT pg_temp.take(3);
DROP TRIGGER t ON ideamine.tenant_usage;
CREATE TRIGGER t AFTER INSERT ON ideamine.tenant_usage FOR EACH ROW EXECUTE FUNCTION pg_temp.see();
SELECT pg_temp.take(4);
DROP TRIGGER t ON ideamine.tenant_usage;
SELECT pg_temp.take(5);
SELECT * FROM pg_temp.seen;
SELECT pg_temp.sum(), pg_temp.counted();
ROLLBACK;

-- Constraints, more columns, other indexes.
BEGIN;
ALTER TABLE ideamine.tenant_usage ADD CHECK (amount <> 7);
SELECT pg_temp.take(6);
SAVEPOINT before;
SELECT pg_temp.take(7);
ROLLBACK TO SAVEPOINT before;
ALTER TABLE ideamine.tenant_usage ADD note text DEFAULT 'as ever', ADD doubled numeric GENERATED ALWAYS AS (2 * amount) STORED;
SELECT pg_temp.take(8);
SELECT amount, note, doubled FROM ideamine.tenant_usage WHERE amount = 8;
ROLLBACK;
BEGIN;
CREATE UNIQUE INDEX ON ideamine.tenant_usage (tenant_id, amount, recorded_at);
CREATE INDEX ON ideamine.tenant_usage ((amount + 1)) WHERE amount > 8;
SELECT pg_temp.take(9);
SET LOCAL enable_seqscan = off;
SELECT amount FROM ideamine.tenant_usage WHERE amount + 1 = 10 AND amount > 8;
CREATE UNIQUE INDEX ON ideamine.tenant_usage (amount, recorded_at) WHERE false;
SELECT pg_temp.take(9);
SELECT pg_temp.sum(), pg_temp.counted();
ROLLBACK;
BEGIN;
ALTER TABLE ideamine.tenant_usage ALTER job_id SET NOT NULL;
ROLLBACK;
BEGIN;
DELETE FROM ideamine.tenant_usage WHERE job_id IS NULL;
ALTER TABLE ideamine.tenant_usage ALTER job_id SET NOT NULL;
SELECT ideamine.record_usage('acme', 'tokens', 1);
ROLLBACK;

-- Partitions that are detached, gone, or attached with their columns in another order.
BEGIN;
DO $$ BEGIN EXECUTE (SELECT format('DROP TABLE %s', string_agg(inhrelid::regclass::text, ', ')) FROM pg_inherits WHERE inhparent = 'ideamine.tenant_usage'::regclass); END $$;
SELECT pg_temp.take(10), pg_temp.take(11);
SELECT pg_temp.sum();
SELECT count(*) FROM pg_inherits WHERE inhparent = 'ideamine.tenant_usage'::regclass;
ROLLBACK;
BEGIN;
DO $$ BEGIN EXECUTE (SELECT format('DROP TABLE %s', string_agg(inhrelid::regclass::text, ', ')) FROM pg_inherits WHERE inhparent = 'ideamine.tenant_usage'::regclass); END $$;
CREATE TABLE ideamine.all_usage (job_id uuid, run_id uuid, amount numeric NOT NULL, recorded_at timestamptz NOT NULL,
  window_start timestamptz NOT NULL, resource ideamine.resource NOT NULL, tenant_id text COLLATE "C" NOT NULL);
ALTER TABLE ideamine.tenant_usage ATTACH PARTITION ideamine.all_usage FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
DO $$ BEGIN EXECUTE format('CREATE TABLE ideamine.tenant_usage_%s ()', to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')); END $$;
SELECT pg_temp.take(12), pg_temp.take(13);
SELECT tableoid::regclass, tenant_id, resource, amount, run_id, job_id FROM ideamine.tenant_usage;
ROLLBACK;
SELECT pg_temp.take(14);
SELECT pg_temp.sum(), pg_temp.counted();
