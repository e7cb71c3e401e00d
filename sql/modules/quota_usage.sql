-- quota: what is kept of usage and violations, and for how long.

CREATE OR REPLACE FUNCTION ideamine.record_violations() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_record_violations';
COMMENT ON FUNCTION ideamine.record_violations() IS
'One pass of the duty that writes violations from their queue in shared memory to quota_violations, with an event for
each new row: tenant-throttled, or quota-violation. Returns how many violations those were, repeats counted.
Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.record_violations() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.record_violations() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.roll_up_usage(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_roll_up_usage';
COMMENT ON FUNCTION ideamine.roll_up_usage(timestamptz) IS
'One pass of the duty that makes the partitions of usage of today and tomorrow, and sums up those that have been over
for an hour in tenant_usage_rollups: counters are then loaded from the sums. Returns how many were summed up.
at: the time to judge by, default now.';
REVOKE ALL ON FUNCTION ideamine.roll_up_usage(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.roll_up_usage(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.cleanup_old_usage_records(
  keep interval DEFAULT NULL,
  at   timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_cleanup_old_usage_records';
COMMENT ON FUNCTION ideamine.cleanup_old_usage_records(interval, timestamptz) IS
'One pass of the duty that removes details of usage: rolls up what is over, then drops the partitions of days that are
older than keep. Totals stay as they are, in tenant_usage_rollups. Also removes violations and events that are older.
Returns how many partitions were dropped.
keep: 0 or more, default ideamine.usage_retention; at: the time to judge by, default now.
ID400: invalid keep.';
REVOKE ALL ON FUNCTION ideamine.cleanup_old_usage_records(interval, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.cleanup_old_usage_records(interval, timestamptz) TO ideamine_admin;
