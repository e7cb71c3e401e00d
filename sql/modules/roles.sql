-- access: roles of users in projects.

CREATE OR REPLACE FUNCTION ideamine.has_role(
  tenant_id  text,
  user_id    text,
  project_id text,
  at_least   text
) RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_has_role';
COMMENT ON FUNCTION ideamine.has_role(text, text, text, text) IS
'Whether a user has at least this role in a project. Also false if there is no such project or tenant.
tenant_id: NULL means the setting ideamine.tenant_id; user_id: as the application names it; project_id: NULL means
default-project; at_least: viewer, developer, admin or owner.
Errors: ID400 invalid id or role, ID403 not a tenant of the login.';
REVOKE ALL ON FUNCTION ideamine.has_role(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.has_role(text, text, text, text)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.grant_role(
  tenant_id  text,
  user_id    text,
  project_id text,
  role       text
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_grant_role';
COMMENT ON FUNCTION ideamine.grant_role(text, text, text, text) IS
'Gives a user a role in a project, instead of the one that it has, if any. True if that changed something. The last
owner of a project stays its owner.
tenant_id: NULL means the setting ideamine.tenant_id; user_id: as the application names it, 1 to 200 bytes, no
control characters; project_id: NULL means default-project; role: viewer, developer, admin or owner.
Errors: ID400 invalid id or role, ID403 not a tenant of the login, ID404 unknown tenant or project, ID409 the user is
the last owner.';
REVOKE ALL ON FUNCTION ideamine.grant_role(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.grant_role(text, text, text, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.revoke_role(
  tenant_id  text,
  user_id    text,
  project_id text
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_revoke_role';
COMMENT ON FUNCTION ideamine.revoke_role(text, text, text) IS
'Takes a user''s role in a project away. True if it had one. The last owner of a project stays its owner.
tenant_id: NULL means the setting ideamine.tenant_id; user_id: as in grant_role(); project_id: NULL means
default-project.
Errors: ID400 invalid id, ID403 not a tenant of the login, ID404 unknown tenant or project, ID409 the user is the last
owner.';
REVOKE ALL ON FUNCTION ideamine.revoke_role(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.revoke_role(text, text, text) TO ideamine_admin;
