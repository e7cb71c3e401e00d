-- access: what users may do in projects.

CREATE TYPE ideamine.project_role AS ENUM ('viewer', 'developer', 'admin', 'owner');
COMMENT ON TYPE ideamine.project_role IS
'Role of a user in a project, in ascending order: whoever has one has those before it. viewer: looks; developer:
works; admin: also changes settings and limits; owner: also decides who has which role. The application that knows
its users keeps to that; the functions which take the acting user ask for the role that their comment names.';

CREATE TABLE ideamine.user_roles (
  project_id text COLLATE "C" NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  user_id    text COLLATE "C" NOT NULL,
  role       ideamine.project_role NOT NULL,
  granted_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, tenant_id, user_id),
  CONSTRAINT user_roles_project_fkey FOREIGN KEY (project_id, tenant_id)
    REFERENCES ideamine.projects (project_id, tenant_id) ON DELETE CASCADE
);
COMMENT ON TABLE ideamine.user_roles IS 'Users of projects with their roles; a project that has owners keeps at least one';
COMMENT ON COLUMN ideamine.user_roles.project_id IS 'The project';
COMMENT ON COLUMN ideamine.user_roles.tenant_id IS 'Tenant of the project';
COMMENT ON COLUMN ideamine.user_roles.user_id IS 'The user, as the application names it: 1 to 200 bytes, no control characters';
COMMENT ON COLUMN ideamine.user_roles.role IS 'See type ideamine.project_role';
COMMENT ON COLUMN ideamine.user_roles.granted_at IS 'Since when it has this role';

SELECT pg_catalog.pg_extension_config_dump('ideamine.user_roles', '');
GRANT SELECT ON ideamine.user_roles TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
