-- What users may consume per day in projects.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.user_quota_limits, ideamine.jobs, ideamine.job_dependencies;
TRUNCATE ideamine.user_usage;
SELECT ideamine.create_tenant('acme');

CREATE FUNCTION pg_temp.take(usr text, tokens numeric, cost numeric DEFAULT 0, enforced boolean DEFAULT true)
RETURNS text LANGUAGE sql AS $$
  SELECT format('%s, %s tokens and %s USD left', CASE WHEN allowed THEN 'taken' ELSE reason END, remaining_tokens, remaining_cost)
  FROM ideamine.increment_user_quota('acme', usr, 'web', tokens, cost, enforced)
$$;
CREATE VIEW pg_temp.broken AS
  SELECT scope, id, resource, settled, held, ledger_settled FROM ideamine.audit_counters() WHERE state <> 'ok';
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

-- A check makes nothing; a first use makes the row, with the defaults.
SELECT allowed, reason, remaining_tokens, remaining_cost, reset_at = date_trunc('day', now(), 'UTC') + interval '1 day' AS at_midnight
FROM ideamine.check_user_quota('acme', 'ann', 'web', 1000000, 10);
SELECT allowed, reason FROM ideamine.check_user_quota('acme', 'ann', 'web', 1000001);
SELECT allowed, reason FROM ideamine.check_user_quota('acme', 'ann', 'web', 0, 10.000000001);
SELECT count(*) FROM ideamine.user_quotas;
SELECT pg_temp.take('ann', 400000, 2.5);
SELECT user_id, project_id, tenant_id, max_tokens_daily, max_cost_daily, current_tokens_today, current_cost_today FROM ideamine.user_quotas;

-- Both or none; what is too much is refused, or counted all the same if that is said.
SELECT pg_temp.take('ann', 600001, 1), pg_temp.take('ann', 1, 7.6);
SELECT pg_temp.take('ann', 600000, 7.5), pg_temp.take('ann', 1);
SELECT pg_temp.take('ann', 5, 1, enforced => false);
SELECT used_tokens, remaining_tokens, used_cost, remaining_cost FROM ideamine.get_user_quota_status('acme', 'ann', 'web');
-- Other projects and users are not concerned, and neither is the tenant.
SELECT used_tokens FROM ideamine.get_user_quota_status('acme', 'ann', 'mobile');
SELECT used_tokens FROM ideamine.get_user_quota_status('acme', 'bob', 'web');
SELECT used FROM ideamine.get_tenant_usage('acme') WHERE resource = 'tokens';

-- A rollback gives back.
BEGIN;
SELECT pg_temp.take('bob', 10);
SAVEPOINT a;
SELECT pg_temp.take('bob', 20, 0.5);
ROLLBACK TO a;
COMMIT;
BEGIN;
SELECT pg_temp.take('bob', 100);
ROLLBACK;
SELECT used_tokens, used_cost FROM ideamine.get_user_quota_status('acme', 'bob', 'web');

-- Limits.
SELECT ideamine.update_user_quota_limits('acme', 'bob', 'web', max_tokens_daily => 12);
SELECT pg_temp.take('bob', 3), pg_temp.take('bob', 2);
SELECT ideamine.update_user_quota_limits('acme', 'bob', 'web', max_cost_daily => 'infinity');
SELECT max_tokens_daily, max_cost_daily FROM ideamine.user_quota_limits WHERE user_id = 'bob';
SELECT ideamine.update_user_quota_limits('acme', 'cid', 'web', max_tokens_daily => 0);
SELECT pg_temp.take('cid', 1);

-- Who sets them is an admin of the project, or of the database.
SELECT ideamine.create_project('acme', 'web'), ideamine.grant_role('acme', 'olga', 'web', 'owner'),
       ideamine.grant_role('acme', 'adam', 'web', 'admin'), ideamine.grant_role('acme', 'dora', 'web', 'developer');
SELECT ideamine.update_user_quota_limits('acme', 'cid', 'web', max_tokens_daily => 5, acting_user => 'adam');
CALL pg_temp.refused($$SELECT ideamine.update_user_quota_limits('acme', 'cid', 'web', max_tokens_daily => 6, acting_user => 'dora')$$);
CALL pg_temp.refused($$SELECT ideamine.update_user_quota_limits('acme', 'cid', 'mobile', max_tokens_daily => 6, acting_user => 'adam')$$);
SET ROLE ideamine_app;
SELECT ideamine.update_user_quota_limits('acme', 'cid', 'web', max_tokens_daily => 6, acting_user => 'olga');
DO $$
BEGIN
  PERFORM ideamine.update_user_quota_limits('acme', 'cid', 'web', max_tokens_daily => 7);
EXCEPTION WHEN OTHERS THEN
  RAISE INFO '%: %', SQLSTATE, SQLERRM;
END
$$;
RESET ROLE;
SELECT max_tokens_daily FROM ideamine.user_quota_limits WHERE user_id = 'cid';

-- A reset counts from its commit.
BEGIN;
SELECT ideamine.reset_user_quota('acme', 'ann', 'web');
SELECT used_tokens FROM ideamine.get_user_quota_status('acme', 'ann', 'web');
COMMIT;
SELECT used_tokens, used_cost FROM ideamine.get_user_quota_status('acme', 'ann', 'web');
SELECT pg_temp.take('ann', 7);
SELECT ideamine.reset_all_quotas('acme', 'mobile'), ideamine.reset_all_quotas('acme');
SELECT user_id, current_tokens_today, current_cost_today FROM ideamine.user_quotas ORDER BY 1;
SELECT * FROM pg_temp.broken;
SELECT ideamine.reload_counters() > 0 AS reloaded;
SELECT user_id, current_tokens_today, current_cost_today FROM ideamine.user_quotas ORDER BY 1;

-- The day is the tenant's.
SELECT ideamine.set_quotas('west', time_zone => 'Pacific/Honolulu');
UPDATE ideamine.tenant_quotas SET time_zone_since = NULL, previous_time_zone = NULL WHERE tenant_id = 'west';
SELECT reset_at = date_trunc('day', now(), 'Pacific/Honolulu') + interval '1 day' AS at_its_midnight FROM ideamine.check_user_quota('west', 'eve', 'web', 1);

-- Bad input.
CALL pg_temp.refused($$SELECT * FROM ideamine.check_user_quota('acme', '', 'web', 1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_user_quota('acme', NULL, 'web', 1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_user_quota('acme', 'ann', E'a\x1fb', 1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.check_user_quota('acme', 'ann', 'web', -1)$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.increment_user_quota('acme', 'ann', 'web', 'NaN')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.increment_user_quota('acme', 'ann', 'web', 1, 'infinity')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.increment_user_quota('nobody', 'ann', 'web', 1)$$);
CALL pg_temp.refused($$SELECT ideamine.update_user_quota_limits('acme', 'ann', 'web', max_tokens_daily => -1)$$);
CALL pg_temp.refused($$SELECT ideamine.update_user_quota_limits('acme', 'ann', 'web', max_tokens_daily => 0.5)$$);
CALL pg_temp.refused($$SELECT ideamine.reset_user_quota('nobody', 'ann', 'web')$$);
