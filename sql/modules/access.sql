-- access: making tenants.

CREATE OR REPLACE FUNCTION ideamine.create_tenant(
  tenant_id text,
  name      text DEFAULT NULL,
  tier      text DEFAULT 'standard',
  metadata  jsonb DEFAULT NULL
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_create_tenant';
COMMENT ON FUNCTION ideamine.create_tenant(text, text, text, jsonb) IS
'Makes a tenant. True if it was made, false if it was there already (it is left as it is).
tenant_id: 1 to 200 bytes, no control characters; name: for people, default the tenant_id;
tier: free, standard, premium or enterprise; metadata: a JSON object.
Errors: ID400 invalid id, tier or metadata, ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.create_tenant(text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.create_tenant(text, text, text, jsonb) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.set_tenant_weight(
  tenant_id text,
  weight    integer
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_set_tenant_weight';
COMMENT ON FUNCTION ideamine.set_tenant_weight(text, integer) IS
'Sets a tenant''s share of the workers'' time: within a class a tenant of weight 200 gets twice as much as one of 100,
while both have jobs that may run. A job costs the time that it kept a worker busy, at least a second.
tenant_id: default the setting ideamine.tenant_id; weight: 1 to 1000, at first 100.
Errors: ID400 invalid weight, ID403 the login is bound to tenants, ID404 no such tenant.';
REVOKE ALL ON FUNCTION ideamine.set_tenant_weight(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.set_tenant_weight(text, integer) TO ideamine_admin;
