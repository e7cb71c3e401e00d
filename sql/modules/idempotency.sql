-- idempotency: keys under which jobs are created.

CREATE OR REPLACE FUNCTION ideamine.idempotency_key(
  job_type text,
  payload  jsonb DEFAULT '{}',
  scope    text DEFAULT NULL
) RETURNS text
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_idempotency_key';
COMMENT ON FUNCTION ideamine.idempotency_key(text, jsonb, text) IS
'A key for the option idempotency_key of create_job() that is the same for the same work: SHA-256 of the
arguments in canonical form, as 64 hexadecimal digits. The order of the keys of an object does not matter, nor
how a number is written (1, 1.0 and 1e0 are the same).
job_type, payload: of the job; scope: whatever else tells two pieces of work apart, such as a day.
Errors: ID400 missing or invalid job_type.';
REVOKE ALL ON FUNCTION ideamine.idempotency_key(text, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.idempotency_key(text, jsonb, text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.idempotency_stats(
  tenant_id text DEFAULT NULL
) RETURNS TABLE (keys bigint, hits bigint, expired bigint)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_idempotency_stats';
COMMENT ON FUNCTION ideamine.idempotency_stats(text) IS
'Of a tenant: how many idempotency keys are alive, how often a key was met again instead of making a job,
and how many keys have expired.
tenant_id: NULL means the setting ideamine.tenant_id. Errors: ID403 not a tenant of the login, ID404 unknown
tenant.';
REVOKE ALL ON FUNCTION ideamine.idempotency_stats(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.idempotency_stats(text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.purge_idempotency_keys(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_purge_idempotency_keys';
COMMENT ON FUNCTION ideamine.purge_idempotency_keys(timestamptz) IS
'One pass of the duty that removes expired idempotency keys; at most 10000 a pass. Returns how many.
at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.purge_idempotency_keys(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.purge_idempotency_keys(timestamptz) TO ideamine_admin;
