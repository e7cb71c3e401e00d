-- quota: the counters in shared memory, and how they hear of changes in tables.

CREATE OR REPLACE FUNCTION ideamine_internal.quotas_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_quotas_changed';
COMMENT ON FUNCTION ideamine_internal.quotas_changed() IS 'Lets every process judge by a tenant''s changed quotas when they are committed';
REVOKE ALL ON FUNCTION ideamine_internal.quotas_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER quotas_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.tenant_quotas
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.quotas_changed();
ALTER TABLE ideamine.tenant_quotas ENABLE ALWAYS TRIGGER quotas_changed;
COMMENT ON TRIGGER quotas_changed ON ideamine.tenant_quotas IS 'However a row is changed';

CREATE OR REPLACE FUNCTION ideamine_internal.tenant_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_tenant_changed';
COMMENT ON FUNCTION ideamine_internal.tenant_changed() IS 'Lets every process judge by a tenant''s changed tier when it is committed';
REVOKE ALL ON FUNCTION ideamine_internal.tenant_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER tenant_changed AFTER INSERT OR DELETE OR UPDATE OF tenant_id, tier ON ideamine.tenants
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.tenant_changed();
ALTER TABLE ideamine.tenants ENABLE ALWAYS TRIGGER tenant_changed;
COMMENT ON TRIGGER tenant_changed ON ideamine.tenants IS 'A tenant without quotas of its own has those of its tier';

CREATE OR REPLACE FUNCTION ideamine_internal.capacity_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_capacity_changed';
COMMENT ON FUNCTION ideamine_internal.capacity_changed() IS 'Lets every process judge by the platform''s changed capacity when it is committed';
REVOKE ALL ON FUNCTION ideamine_internal.capacity_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER capacity_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.platform_capacity
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.capacity_changed();
ALTER TABLE ideamine.platform_capacity ENABLE ALWAYS TRIGGER capacity_changed;
COMMENT ON TRIGGER capacity_changed ON ideamine.platform_capacity IS 'However a row is changed';

CREATE OR REPLACE FUNCTION ideamine_internal.counters_truncated() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_counters_truncated';
COMMENT ON FUNCTION ideamine_internal.counters_truncated() IS 'Lets counters be loaded anew when a table that they are loaded from was emptied';
REVOKE ALL ON FUNCTION ideamine_internal.counters_truncated() FROM PUBLIC;

DO $$
DECLARE
  ledger text;
BEGIN
  FOREACH ledger IN ARRAY ARRAY['jobs', 'tenants', 'tenant_quotas', 'tenant_usage', 'tenant_usage_rollups',
                                'quota_violations', 'user_usage', 'user_quota_limits', 'platform_capacity', 'held_room',
                                'budgets', 'cost_events', 'cost_rollups', 'cost_reservations'] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER counters_truncated AFTER TRUNCATE ON ideamine.%I'
      ' FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.counters_truncated()', ledger);
    EXECUTE pg_catalog.format('ALTER TABLE ideamine.%I ENABLE ALWAYS TRIGGER counters_truncated', ledger);
    EXECUTE pg_catalog.format('COMMENT ON TRIGGER counters_truncated ON ideamine.%I IS ''Counters are loaded from it''', ledger);
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION ideamine.get_counter_memory() RETURNS TABLE (
  accounts bigint,
  counters bigint
)
LANGUAGE C STABLE ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_get_counter_memory';
COMMENT ON FUNCTION ideamine.get_counter_memory() IS
'What the shared memory of ideamine.counter_memory holds at this moment, of all databases together. Returns one row:
accounts: tenants and others whose rules are in memory; counters: of their resources. What is not there is loaded from
tables when somebody needs it; when memory is used up, accounts that nobody uses make room.
Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.get_counter_memory() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_counter_memory() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.audit_counters() RETURNS TABLE (
  scope          text,
  id             text,
  resource       ideamine.resource,
  window_start   timestamptz,
  settled        numeric,
  leased         numeric,
  held           numeric,
  ledger_settled numeric,
  ledger_leased  numeric,
  state          text
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_audit_counters';
COMMENT ON FUNCTION ideamine.audit_counters() IS
'Compares each counter in shared memory with the tables: settled is what committed transactions recorded, leased what
running jobs hold, held what transactions in progress have taken; ledger_settled and ledger_leased are what the tables
say. state: ok; busy (somebody is at work on it, and the tables say something in between); broken: a fault of ours.
scope: tenant, user, run, platform or budget. Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.audit_counters() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.audit_counters() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reload_counters() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reload_counters';
COMMENT ON FUNCTION ideamine.reload_counters() IS
'Forgets the counters in shared memory, so that each is loaded from tables when it is needed next: after rows of usage
or of running jobs were changed by hand. What transactions in progress have taken or given back stays. Returns how many
counters were forgotten. Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.reload_counters() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reload_counters() TO ideamine_admin;
