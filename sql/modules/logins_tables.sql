-- access: which logins are bound to which tenants.

-- Names, as a dump that is restored elsewhere finds other oids. No foreign key to tenants, as everywhere.
CREATE TABLE ideamine.tenant_logins (
  login     text COLLATE "C" NOT NULL CONSTRAINT tenant_logins_login_valid CHECK (octet_length(login) BETWEEN 1 AND 63),
  tenant_id text COLLATE "C" NOT NULL,
  bound_at  timestamptz NOT NULL,
  PRIMARY KEY (login, tenant_id)
);
COMMENT ON TABLE ideamine.tenant_logins IS
'Logins that are bound to tenants, and see and do only what belongs to those; a login without a row is the
platform''s and is not restricted. Changed by bind_login() and unbind_login()';
COMMENT ON COLUMN ideamine.tenant_logins.login IS
  'Name of the role; one that is renamed has to be bound anew, and is the platform''s until then';
COMMENT ON COLUMN ideamine.tenant_logins.tenant_id IS 'A tenant that it may work for';
COMMENT ON COLUMN ideamine.tenant_logins.bound_at IS 'Since when';

SELECT pg_catalog.pg_extension_config_dump('ideamine.tenant_logins', '');
GRANT SELECT ON ideamine.tenant_logins TO ideamine_admin;
