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
