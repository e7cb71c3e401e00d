-- access: projects and their settings.

CREATE OR REPLACE FUNCTION ideamine.create_project(
  tenant_id  text,
  project_id text,
  name       text DEFAULT NULL,
  settings   jsonb DEFAULT NULL
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_create_project';
COMMENT ON FUNCTION ideamine.create_project(text, text, text, jsonb) IS
'Makes a project of a tenant. True if it was made, false if it was there already (it is left as it is).
tenant_id: NULL means the setting ideamine.tenant_id; project_id: 1 to 200 bytes, no control characters; name: for
people, default the project_id; settings: as in set_project_settings().
Errors: ID400 invalid id or setting, ID403 not a tenant of the login, ID404 unknown tenant, ID413 settings too large.';
REVOKE ALL ON FUNCTION ideamine.create_project(text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.create_project(text, text, text, jsonb) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.set_project_settings(
  tenant_id  text,
  project_id text,
  settings   jsonb
) RETURNS jsonb
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_set_project_settings';
COMMENT ON FUNCTION ideamine.set_project_settings(text, text, jsonb) IS
'Changes the settings of a project that are named; null takes one back to its default. Returns all of them, as
get_project_settings() does.
tenant_id: NULL means the setting ideamine.tenant_id; project_id: NULL means default-project;
settings: an object of routing: defaultLayer (L0 to L3, default L0), maxLayer (default L2, not below defaultLayer),
maxCostPerRequest (USD, default 0.50); security: scanPrompts, scanOutputs, redactSecrets (default true),
blockedKeywords (array of strings, at most 1000); features: enableCrossCheck (default true), enableAutoEscalate
(default false), enableCache (default true).
Errors: ID400 unknown or invalid setting, ID403 not a tenant of the login, ID404 unknown tenant or project, ID413
settings too large.';
REVOKE ALL ON FUNCTION ideamine.set_project_settings(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.set_project_settings(text, text, jsonb) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_project_settings(
  tenant_id  text,
  project_id text DEFAULT NULL
) RETURNS jsonb
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_get_project_settings';
COMMENT ON FUNCTION ideamine.get_project_settings(text, text) IS
'All settings of a project, those that were chosen and the defaults of all others, see set_project_settings().
tenant_id: NULL means the setting ideamine.tenant_id; project_id: NULL means default-project, whose settings can be
looked at before its first use.
Errors: ID400 invalid id, ID403 not a tenant of the login, ID404 unknown tenant or project.';
REVOKE ALL ON FUNCTION ideamine.get_project_settings(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_project_settings(text, text)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
