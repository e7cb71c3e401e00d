-- access: what a login that is bound to tenants sees in tables. The last module, so that every table is there.

-- The extension's owner is not held back; functions with its rights ask by themselves. A table that has a column
-- tenant_id is one of tenants; partitions that are made later get their row security from who makes them.
DO $$
DECLARE
  secured record;
BEGIN
  FOR secured IN
    SELECT t.relation, t.condition, t.meaning,
           EXISTS (SELECT FROM pg_catalog.pg_policy AS p
                   WHERE p.polrelid OPERATOR(pg_catalog.=) t.relation AND p.polname OPERATOR(pg_catalog.=) 'own_tenants') AS has_policy
    FROM (
      SELECT c.oid::pg_catalog.regclass, 'ideamine.sees_tenant(tenant_id)', 'A login that is bound to tenants sees what belongs to those'
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
      WHERE n.nspname OPERATOR(pg_catalog.=) ANY ('{ideamine,ideamine_internal}'::pg_catalog.name[])
        AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
        AND a.attname OPERATOR(pg_catalog.=) 'tenant_id' AND NOT a.attisdropped
      UNION ALL VALUES
        ('ideamine.workers'::pg_catalog.regclass, 'ideamine.sees_tenants(tenants)',
         'A login that is bound to tenants sees workers that serve those alone'),
        ('ideamine_internal.incarnation', 'ideamine.sees_tenants(NULL)', 'A login that is bound to tenants sees nothing of this')
    ) AS t (relation, condition, meaning)
    ORDER BY t.relation
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', secured.relation);
    EXECUTE pg_catalog.format(
      CASE WHEN secured.has_policy THEN 'ALTER' ELSE 'CREATE' END || ' POLICY own_tenants ON %s USING (%s)',
      secured.relation, secured.condition);
    EXECUTE pg_catalog.format('COMMENT ON POLICY own_tenants ON %s IS %L', secured.relation, secured.meaning);
  END LOOP;
END
$$;
