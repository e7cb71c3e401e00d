-- quota: what users of a tenant may consume per day, in its projects.

CREATE OR REPLACE FUNCTION ideamine.check_user_quota(
  tenant_id text,
  user_id text,
  project_id text,
  tokens numeric DEFAULT 0,
  cost numeric DEFAULT 0
) RETURNS TABLE (
  allowed          boolean,
  reason           text,
  remaining_tokens numeric,
  remaining_cost   numeric,
  reset_at         timestamptz
)
LANGUAGE C STABLE ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_check_user_quota';
COMMENT ON FUNCTION ideamine.check_user_quota(text, text, text, numeric, numeric) IS
'Whether a user may consume so much more today in a project; nothing is taken. reason, if not: token_limit_exceeded
or cost_limit_exceeded; reset_at: when the tenant''s next day begins.
tenant_id: NULL means the setting ideamine.tenant_id; user_id, project_id: 1 to 200 bytes, no control characters;
tokens: rounded up; cost: USD, rounded up to 10^-9.
Errors: ID400 invalid name or amount, ID404 unknown tenant, ID503 as check_quota().';
REVOKE ALL ON FUNCTION ideamine.check_user_quota(text, text, text, numeric, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.check_user_quota(text, text, text, numeric, numeric) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.increment_user_quota(
  tenant_id text,
  user_id text,
  project_id text,
  tokens numeric DEFAULT 0,
  cost numeric DEFAULT 0,
  enforced boolean DEFAULT true
) RETURNS TABLE (
  allowed          boolean,
  reason           text,
  remaining_tokens numeric,
  remaining_cost   numeric,
  reset_at         timestamptz
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_increment_user_quota';
COMMENT ON FUNCTION ideamine.increment_user_quota(text, text, text, numeric, numeric, boolean) IS
'Takes so much of what a user may consume today in a project, both or none, and records it in user_usage. It counts at
once, for everybody; if the transaction rolls back, it was never taken. Not counted towards the tenant''s quotas.
enforced: false counts it whatever the limits say, for what was consumed already.
user_id, project_id, tokens, cost, and what is returned: as check_user_quota(). Errors: as check_user_quota().';
REVOKE ALL ON FUNCTION ideamine.increment_user_quota(text, text, text, numeric, numeric, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.increment_user_quota(text, text, text, numeric, numeric, boolean) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_user_quota_status(
  tenant_id text,
  user_id text,
  project_id text
) RETURNS TABLE (
  max_tokens_daily numeric,
  used_tokens      numeric,
  remaining_tokens numeric,
  max_cost_daily   numeric,
  used_cost        numeric,
  remaining_cost   numeric,
  reset_at         timestamptz
)
LANGUAGE C STABLE ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_get_user_quota_status';
COMMENT ON FUNCTION ideamine.get_user_quota_status(text, text, text) IS
'What a user may consume per day in a project, what of it is used, and when the next day begins.
user_id, project_id: as check_user_quota(). Errors: as check_user_quota().';
REVOKE ALL ON FUNCTION ideamine.get_user_quota_status(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_user_quota_status(text, text, text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reset_user_quota(
  tenant_id text,
  user_id text,
  project_id text
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reset_user_quota';
COMMENT ON FUNCTION ideamine.reset_user_quota(text, text, text) IS
'Lets a user begin the day anew: what is used of it counts no more when the transaction has committed.
user_id, project_id: as check_user_quota(). Errors: as check_user_quota().';
REVOKE ALL ON FUNCTION ideamine.reset_user_quota(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reset_user_quota(text, text, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reset_all_quotas(
  tenant_id text,
  project_id text DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_reset_all_quotas';
COMMENT ON FUNCTION ideamine.reset_all_quotas(text, text) IS
'reset_user_quota() for all users of a tenant, or of one of its projects, who have consumed anything today. Returns how
many those were. project_id: NULL for all.
Errors: ID404 unknown tenant, ID503 as check_quota().';
REVOKE ALL ON FUNCTION ideamine.reset_all_quotas(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reset_all_quotas(text, text) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.update_user_quota_limits(
  tenant_id text,
  user_id text,
  project_id text,
  max_tokens_daily numeric DEFAULT NULL,
  max_cost_daily numeric DEFAULT NULL,
  acting_user text DEFAULT NULL
) RETURNS void
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_update_user_quota_limits';
COMMENT ON FUNCTION ideamine.update_user_quota_limits(text, text, text, numeric, numeric, text) IS
'Sets what a user may consume per day in a project; what is not named keeps its value.
user_id, project_id: as check_user_quota(); max_tokens_daily, max_cost_daily (USD): 0 or more, ''infinity'' for no limit;
acting_user: who sets them, an admin or owner of the project; NULL only for members of ideamine_admin.
Errors: ID400 invalid name or limit, ID403 acting_user may not, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.update_user_quota_limits(text, text, text, numeric, numeric, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.update_user_quota_limits(text, text, text, numeric, numeric, text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine_internal.user_limits_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_user_limits_changed';
COMMENT ON FUNCTION ideamine_internal.user_limits_changed() IS 'Lets every process judge by a user''s changed limits when they are committed';
REVOKE ALL ON FUNCTION ideamine_internal.user_limits_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER user_limits_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.user_quota_limits
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.user_limits_changed();
ALTER TABLE ideamine.user_quota_limits ENABLE ALWAYS TRIGGER user_limits_changed;
COMMENT ON TRIGGER user_limits_changed ON ideamine.user_quota_limits IS 'However a row is changed';

CREATE OR REPLACE VIEW ideamine.user_quotas WITH (security_invoker = true) AS
  SELECT l.user_id, l.project_id, l.tenant_id, l.max_tokens_daily, l.max_cost_daily,
         s.used_tokens AS current_tokens_today, s.used_cost AS current_cost_today, s.reset_at
  FROM ideamine.user_quota_limits AS l
  CROSS JOIN LATERAL ideamine.get_user_quota_status(l.tenant_id, l.user_id, l.project_id) AS s;
COMMENT ON VIEW ideamine.user_quotas IS 'Users in projects: what they may consume per day, and what they did today';
COMMENT ON COLUMN ideamine.user_quotas.user_id IS 'The user';
COMMENT ON COLUMN ideamine.user_quotas.project_id IS 'The project';
COMMENT ON COLUMN ideamine.user_quotas.tenant_id IS 'Tenant of the project';
COMMENT ON COLUMN ideamine.user_quotas.max_tokens_daily IS 'Tokens per day; infinity: no limit';
COMMENT ON COLUMN ideamine.user_quotas.max_cost_daily IS 'USD per day; infinity: no limit';
COMMENT ON COLUMN ideamine.user_quotas.current_tokens_today IS 'Tokens consumed today';
COMMENT ON COLUMN ideamine.user_quotas.current_cost_today IS 'USD consumed today';
COMMENT ON COLUMN ideamine.user_quotas.reset_at IS 'When the next day begins, at midnight where the tenant is';
GRANT SELECT ON ideamine.user_quotas TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
