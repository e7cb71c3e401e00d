-- access: binding logins to tenants, and what asks for it.

CREATE OR REPLACE FUNCTION ideamine.bind_login(
  login     text,
  tenant_id text
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_bind_login';
COMMENT ON FUNCTION ideamine.bind_login(text, text) IS
'Binds a login to a tenant: from the commit on it sees and does only what belongs to the tenants that it is bound
to, in every table, view and function, whatever role it sets. True if that is new. It holds for sessions that are
connected already, from their next statement on, and for the role of this name alone, not for its members.
login: a role that exists, and that is not and cannot become one which row security does not hold back: a
superuser, a role with BYPASSRLS, the owner of the extension.
Errors: ID400 missing or invalid argument, ID403 the caller is bound itself, ID404 unknown role or tenant, ID409 the
role cannot be held back.';
REVOKE ALL ON FUNCTION ideamine.bind_login(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.bind_login(text, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.unbind_login(
  login     text,
  tenant_id text
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_unbind_login';
COMMENT ON FUNCTION ideamine.unbind_login(text, text) IS
'Takes a tenant away from a login. True if it was bound to it. With its last tenant it becomes the platform''s, which
a warning says: it is not restricted any more.
login: as in the table tenant_logins, whether there is such a role or not.
Errors: ID400 missing or invalid argument, ID403 the caller is bound itself.';
REVOKE ALL ON FUNCTION ideamine.unbind_login(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.unbind_login(text, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.sees_tenant(tenant_id text) RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_sees_tenant';
COMMENT ON FUNCTION ideamine.sees_tenant(text) IS
'Whether the caller may see what belongs to a tenant: the tenant is bound to it, or it is bound to none. For
policies of row security; costs tens of nanoseconds. False for NULL. Says nothing about whether there is such a
tenant. Errors: none.';
REVOKE ALL ON FUNCTION ideamine.sees_tenant(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.sees_tenant(text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.sees_tenants(tenants text[]) RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_sees_tenants';
COMMENT ON FUNCTION ideamine.sees_tenants(text[]) IS
'Whether the caller may see what belongs to several tenants together, as a worker does: every one of tenants is bound
to it, or it is bound to none. What belongs to NULL or to no tenant is the platform''s.';
REVOKE ALL ON FUNCTION ideamine.sees_tenants(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.sees_tenants(text[]) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- Changes no row, so that it does no harm while a dump is restored. For each row, because that is what fires where
-- changes are applied that come from another server.
CREATE OR REPLACE FUNCTION ideamine_internal.announce_change() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_announce_change';
COMMENT ON FUNCTION ideamine_internal.announce_change() IS
'Tells all sessions that what they remember of its table is out of date, at the commit of the change';
REVOKE ALL ON FUNCTION ideamine_internal.announce_change() FROM PUBLIC;

CREATE OR REPLACE TRIGGER tenant_logins_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.tenant_logins
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.announce_change();
CREATE OR REPLACE TRIGGER tenant_logins_emptied AFTER TRUNCATE ON ideamine.tenant_logins
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.announce_change();
ALTER TABLE ideamine.tenant_logins ENABLE ALWAYS TRIGGER tenant_logins_changed;
ALTER TABLE ideamine.tenant_logins ENABLE ALWAYS TRIGGER tenant_logins_emptied;
COMMENT ON TRIGGER tenant_logins_changed ON ideamine.tenant_logins IS 'Tells all sessions, at the commit';
COMMENT ON TRIGGER tenant_logins_emptied ON ideamine.tenant_logins IS 'Tells all sessions, at the commit';
