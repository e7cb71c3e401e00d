-- idempotency: which key stands for which job, and for how long.

-- Not partitioned: creating a job with a key is an INSERT … ON CONFLICT here. No foreign key: retention of jobs
-- and of keys go their own ways, and a key whose job is gone still says that the work was done.
CREATE TABLE ideamine.idempotency_keys (
  tenant_id       text COLLATE "C" NOT NULL,
  idempotence_key text COLLATE "C" NOT NULL,
  job_id          uuid NOT NULL,
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  hits            bigint NOT NULL,
  PRIMARY KEY (tenant_id, idempotence_key)
) WITH (fillfactor = 80);
COMMENT ON TABLE ideamine.idempotency_keys IS 'Keys under which jobs were created: the same key gives the same job until it expires';
COMMENT ON COLUMN ideamine.idempotency_keys.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.idempotency_keys.idempotence_key IS 'The key, 1 to 200 bytes';
COMMENT ON COLUMN ideamine.idempotency_keys.job_id IS 'The job that was created with it';
COMMENT ON COLUMN ideamine.idempotency_keys.created_at IS 'When';
COMMENT ON COLUMN ideamine.idempotency_keys.expires_at IS 'From when on the key makes a new job';
COMMENT ON COLUMN ideamine.idempotency_keys.hits IS 'How often the job was returned instead of being created again';

CREATE INDEX idempotency_keys_expiry ON ideamine.idempotency_keys (expires_at);
COMMENT ON INDEX ideamine.idempotency_keys_expiry IS 'Keys by the end of their life, for their removal';

-- What removed keys leave behind, so that the statistics are complete.
CREATE TABLE ideamine_internal.idempotency_expired (
  tenant_id text COLLATE "C" NOT NULL PRIMARY KEY,
  keys      bigint NOT NULL,
  hits      bigint NOT NULL
);
COMMENT ON TABLE ideamine_internal.idempotency_expired IS 'Per tenant the idempotency keys that have expired and were removed';
COMMENT ON COLUMN ideamine_internal.idempotency_expired.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine_internal.idempotency_expired.keys IS 'How many keys';
COMMENT ON COLUMN ideamine_internal.idempotency_expired.hits IS 'How often they had been met again while they lived';

SELECT pg_catalog.pg_extension_config_dump('ideamine.idempotency_keys', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.idempotency_expired', '');
GRANT SELECT ON ideamine.idempotency_keys TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT SELECT ON ideamine_internal.idempotency_expired TO ideamine_admin;
