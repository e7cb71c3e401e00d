-- access: what a login that is bound to tenants sees in tables. The last module, so that every table is there.

-- The extension's owner is not held back; functions with its rights ask by themselves. A table whose name stands for
-- itself is one of a tenant if it has a column tenant_id; partitions that are made later get theirs from who makes them.
DO $$
DECLARE
  of_tenant record;
BEGIN
  FOR of_tenant IN
    SELECT c.oid::pg_catalog.regclass AS relation,
           CASE WHEN c.oid OPERATOR(pg_catalog.=) 'ideamine.workers'::pg_catalog.regclass
             THEN 'ideamine.sees_tenants(tenants)' ELSE 'ideamine.sees_tenant(tenant_id)' END AS condition,
           EXISTS (SELECT FROM pg_catalog.pg_policy AS p
                   WHERE p.polrelid OPERATOR(pg_catalog.=) c.oid AND p.polname OPERATOR(pg_catalog.=) 'own_tenants') AS has_policy
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) ANY ('{ideamine,ideamine_internal}'::pg_catalog.name[])
      AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
      AND (c.oid OPERATOR(pg_catalog.=) 'ideamine.workers'::pg_catalog.regclass OR EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attname OPERATOR(pg_catalog.=) 'tenant_id'
          AND NOT a.attisdropped))
    ORDER BY c.oid
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', of_tenant.relation);
    EXECUTE pg_catalog.format(
      CASE WHEN of_tenant.has_policy THEN 'ALTER' ELSE 'CREATE' END || ' POLICY own_tenants ON %s USING (%s)',
      of_tenant.relation, of_tenant.condition);
    EXECUTE pg_catalog.format('COMMENT ON POLICY own_tenants ON %s IS %L', of_tenant.relation,
      'A login that is bound to tenants sees the rows of those');
  END LOOP;
END
$$;
