-- access: who the platform works for.

CREATE TABLE ideamine.tenants (
  tenant_id  text COLLATE "C" NOT NULL PRIMARY KEY
             CONSTRAINT tenants_id_valid CHECK (octet_length(tenant_id) BETWEEN 1 AND 200
                                                AND tenant_id !~ '[\x01-\x1f\x7f]'),
  name       text NOT NULL,
  tier       text NOT NULL
             CONSTRAINT tenants_tier_known CHECK (tier IN ('free', 'standard', 'premium', 'enterprise')),
  metadata   jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  weight     integer NOT NULL DEFAULT 100
             CONSTRAINT tenants_weight_valid CHECK (weight BETWEEN 1 AND 1000)
);
COMMENT ON TABLE ideamine.tenants IS
  'The customers and organisations that own jobs; default-tenant is made on first use';
COMMENT ON COLUMN ideamine.tenants.tenant_id IS 'Name of the tenant everywhere: 1 to 200 bytes, no control characters';
COMMENT ON COLUMN ideamine.tenants.name IS 'Name for people; the tenant_id if none was given';
COMMENT ON COLUMN ideamine.tenants.tier IS 'free, standard, premium or enterprise';
COMMENT ON COLUMN ideamine.tenants.metadata IS 'Whatever the platform keeps about the tenant';
COMMENT ON COLUMN ideamine.tenants.created_at IS 'When the tenant was made';
COMMENT ON COLUMN ideamine.tenants.weight IS 'Its share of the workers'' time within a class, beside the weights of the other tenants: 1 to 1000';

SELECT pg_catalog.pg_extension_config_dump('ideamine.tenants', '');
GRANT SELECT ON ideamine.tenants TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
