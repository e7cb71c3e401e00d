-- Each installation of the extension has counters of its own, also within one session and one transaction.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.tenant_usage;
SELECT ideamine.set_quotas('reborn', max_gpus => 5);
SELECT allowed, current, "limit" FROM ideamine.enforce_quota('reborn', 'gpu', 3);

BEGIN;
DROP EXTENSION ideamine;
CREATE EXTENSION ideamine;
SELECT ideamine.set_quotas('reborn', max_gpus => 50);
SELECT allowed, current, "limit" FROM ideamine.enforce_quota('reborn', 'gpu', 7);
SAVEPOINT before;
DROP EXTENSION ideamine;
CREATE EXTENSION ideamine;
SELECT ideamine.set_quotas('reborn', max_gpus => 500);
SELECT allowed, current, "limit" FROM ideamine.enforce_quota('reborn', 'gpu', 70);
ROLLBACK TO SAVEPOINT before;
SELECT allowed, current, "limit" FROM ideamine.check_quota('reborn', 'gpu', 1);
ROLLBACK;

SELECT allowed, current, "limit" FROM ideamine.check_quota('reborn', 'gpu', 1);
SELECT tenant_id, resource, amount FROM ideamine.tenant_usage;
-- taken, refused: there are 2 left
SELECT ideamine.has_quota('reborn', 'gpu', 2), ideamine.has_quota('reborn', 'gpu', 3);

-- Without it there is nothing to ask.
\set VERBOSITY terse
BEGIN;
CREATE FUNCTION pg_temp.ask() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN ideamine.has_quota('reborn', 'gpu', 1); END $$;
SELECT pg_temp.ask();
DROP EXTENSION ideamine;
SAVEPOINT before;
SELECT pg_temp.ask();
ROLLBACK TO SAVEPOINT before;
CREATE EXTENSION ideamine;
SELECT pg_temp.ask();
ROLLBACK;
SELECT ideamine.has_quota('reborn', 'gpu', 2);
