-- The two schemas and the roles that privileges are granted to.

CREATE SCHEMA ideamine;
COMMENT ON SCHEMA ideamine IS
  'The interface of the extension ideamine: jobs of many tenants, governed next to the data';

CREATE SCHEMA ideamine_internal;
COMMENT ON SCHEMA ideamine_internal IS
  'Bookkeeping of the extension ideamine; not an interface, and free to change';

-- Roles belong to the whole cluster: another database may have made them already, even at this moment.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['ideamine_reader', 'ideamine_app', 'ideamine_worker', 'ideamine_admin'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) role_name) THEN
        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA ideamine TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT USAGE ON SCHEMA ideamine_internal TO ideamine_admin;
