-- access: what a login that is bound to tenants sees in tables. The last module, so that every table is there.

-- The extension's owner is not held back; functions with its rights ask by themselves.
CREATE OR REPLACE FUNCTION ideamine_internal.secure_rows(
  relation  regclass,
  condition text DEFAULT 'ideamine.sees_tenant(tenant_id)',
  meaning   text DEFAULT 'A login that is bound to tenants sees what belongs to those'
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  action text := CASE WHEN EXISTS (SELECT FROM pg_policy WHERE polrelid = relation AND polname = 'own_tenants')
                   THEN 'ALTER' ELSE 'CREATE' END;
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
  EXECUTE format('%s POLICY own_tenants ON %s USING (%s)', action, relation, condition);
  EXECUTE format('COMMENT ON POLICY own_tenants ON %s IS %L', relation, meaning);
END
$$;
COMMENT ON FUNCTION ideamine_internal.secure_rows(regclass, text, text) IS
'Gives a table its row security, or its present form; whoever makes a partition calls it. relation: the table;
condition: for the rows that are seen; meaning: for people';
REVOKE ALL ON FUNCTION ideamine_internal.secure_rows(regclass, text, text) FROM PUBLIC;

-- What has a column tenant_id belongs to tenants.
DO $$
BEGIN
  PERFORM ideamine_internal.secure_rows(c.oid)
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
  WHERE n.nspname OPERATOR(pg_catalog.=) ANY ('{ideamine,ideamine_internal}'::pg_catalog.name[])
    AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
    AND a.attname OPERATOR(pg_catalog.=) 'tenant_id' AND NOT a.attisdropped;
  PERFORM ideamine_internal.secure_rows('ideamine.workers', 'ideamine.sees_tenants(tenants)',
    'A login that is bound to tenants sees workers that serve those alone');
  PERFORM ideamine_internal.secure_rows(platforms, 'ideamine.sees_tenants(NULL)',
    'A login that is bound to tenants sees nothing of this')
  FROM pg_catalog.unnest('{ideamine_internal.incarnation,ideamine_internal.usage_horizon,ideamine_internal.cost_horizon,ideamine_internal.history_walk,ideamine.platform_capacity,ideamine.preemption_policies}'::pg_catalog.regclass[]) AS platforms;
END
$$;
