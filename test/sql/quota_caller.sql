-- Functions that take quota run as their caller, but read and write as the owner, and call nothing of the caller's.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.tenant_usage;
SELECT ideamine.set_quotas(tenant, max_cpu_cores => 100) FROM (VALUES ('acme'), ('globex')) AS t (tenant);

-- A caller without any right to the tables, and with operators, functions and types in front of the server's.
CREATE ROLE quota_caller IN ROLE ideamine_app;
CREATE SCHEMA hostile AUTHORIZATION quota_caller;
SET ROLE quota_caller;
CREATE FUNCTION hostile.harm(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'called'; END$$;
CREATE FUNCTION hostile.harm(timestamptz, timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'called'; END$$;
CREATE FUNCTION hostile.harm(numeric, numeric) RETURNS numeric LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'called'; END$$;
CREATE FUNCTION hostile.to_char(timestamptz, text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'called'; END$$;
CREATE FUNCTION hostile.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'called'; END$$;
CREATE OPERATOR hostile.= (FUNCTION = hostile.harm, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR hostile.= (FUNCTION = hostile.harm, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE OPERATOR hostile.>= (FUNCTION = hostile.harm, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE OPERATOR hostile.+ (FUNCTION = hostile.harm, LEFTARG = numeric, RIGHTARG = numeric);
CREATE DOMAIN hostile.date AS text CHECK (VALUE IS NULL);
SET search_path = hostile, pg_catalog;

-- counters that have to be loaded, that are there, and a tenant that has to be made
SELECT allowed, current FROM ideamine.enforce_quota('acme', 'cpu', 2);
SELECT allowed, current FROM ideamine.enforce_quota('acme', 'cpu', 3);
SELECT resource, allowed, current FROM ideamine.enforce_quotas('globex', '{"cpu": 1.5, "memory": 2}');
SELECT allowed, current FROM ideamine.enforce_quota('default-tenant', 'cpu', 4);
SELECT ideamine.record_usage('acme', 'cpu', 5), ideamine.release_quota('acme', 'cpu', 6);

-- the path of a statement, because there is no partition
RESET ROLE;
RESET search_path;
BEGIN;
DO $$ BEGIN EXECUTE (SELECT format('DROP TABLE %s', string_agg(inhrelid::regclass::text, ', '))
  FROM pg_inherits WHERE inhparent = 'ideamine.tenant_usage'::regclass); END $$;
SET ROLE quota_caller;
SET search_path = hostile, pg_catalog;
SELECT allowed, current FROM ideamine.enforce_quota('acme', 'cpu', 7);
SHOW search_path;
SELECT current_user;
RESET ROLE;
RESET search_path;
SELECT tenant_id, resource, amount FROM ideamine.tenant_usage;
SELECT count(*) AS partitions, bool_and(relowner = (SELECT nspowner FROM pg_namespace WHERE nspname = 'ideamine')) AS owned
FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'ideamine.tenant_usage'::regclass;
ROLLBACK;

SET ROLE quota_caller;
INSERT INTO ideamine.tenant_usage SELECT * FROM ideamine.tenant_usage;
RESET ROLE;
SELECT tenant_id, resource, amount FROM ideamine.tenant_usage ORDER BY recorded_at;
SELECT tenant_id FROM ideamine.tenants ORDER BY tenant_id;

DROP SCHEMA hostile CASCADE;
DROP ROLE quota_caller;
