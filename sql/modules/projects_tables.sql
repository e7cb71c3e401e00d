-- access: the parts of a tenant.

-- No foreign key to tenants, as everywhere: it would lock the tenant's row.
CREATE TABLE ideamine.projects (
  project_id text COLLATE "C" NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  name       text NOT NULL,
  settings   jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, tenant_id),
  CONSTRAINT projects_id_valid CHECK (octet_length(project_id) BETWEEN 1 AND 200 AND project_id !~ '[\x01-\x1f\x7f]')
);
COMMENT ON TABLE ideamine.projects IS
  'Parts of a tenant with settings, users and roles of their own; default-project is made on first use';
COMMENT ON COLUMN ideamine.projects.project_id IS 'Name of the project within its tenant: 1 to 200 bytes, no control characters';
COMMENT ON COLUMN ideamine.projects.tenant_id IS 'Tenant that it belongs to';
COMMENT ON COLUMN ideamine.projects.name IS 'Name for people; the project_id if none was given';
COMMENT ON COLUMN ideamine.projects.settings IS
  'What was chosen for it in routing, security and features; get_project_settings() shows defaults as well';
COMMENT ON COLUMN ideamine.projects.created_at IS 'When the project was made';

SELECT pg_catalog.pg_extension_config_dump('ideamine.projects', '');
GRANT SELECT ON ideamine.projects TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
