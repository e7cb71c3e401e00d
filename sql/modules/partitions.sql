-- partitions: of tables that have one for each day, made at run time with all that their parents cannot have.

CREATE OR REPLACE FUNCTION ideamine_internal.make_day_partition(table_name text, day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET timezone = 'UTC' AS $$
DECLARE
  name text := format('%s_%s', table_name, to_char(day, 'YYYYMMDD'));
BEGIN
  IF EXISTS (
    SELECT FROM ideamine_internal.usage_horizon
    WHERE table_name = 'tenant_usage' AND rolled_up_to > day::timestamp AT TIME ZONE 'UTC'
    UNION ALL
    SELECT FROM ideamine_internal.cost_horizon
    WHERE table_name = 'cost_events' AND rolled_up_to > day::timestamp AT TIME ZONE 'UTC') THEN
    RAISE SQLSTATE 'ID503' USING MESSAGE = format('%s of %s is rolled up already', table_name, day),
      HINT = 'Look whether the clock of the server has been put back.';
  END IF;
  EXECUTE format('CREATE TABLE ideamine.%I (LIKE ideamine.%I INCLUDING COMMENTS)', name, table_name);
  EXECUTE CASE table_name
    WHEN 'tenant_usage' THEN
      format('CREATE INDEX %I ON ideamine.%I (tenant_id, resource, window_start)', name || '_by_window', name)
    WHEN 'user_usage' THEN
      format('CREATE INDEX %I ON ideamine.%I (user_id, project_id, tenant_id, resource, window_start)', name || '_by_window', name)
    WHEN 'cost_events' THEN
      format('CREATE INDEX %I ON ideamine.%I (tenant_id, run_id, day_start)', name || '_by_run', name)
    WHEN 'job_history' THEN
      format('CREATE UNIQUE INDEX %I ON ideamine.%I (job_id, tenant_id)', name || '_by_job', name)
  END;
  EXECUTE format('GRANT SELECT ON ideamine.%I TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin', name);
  PERFORM ideamine_internal.secure_rows(format('ideamine.%I', name)::regclass);
  EXECUTE format('COMMENT ON TABLE ideamine.%I IS %L', name, format('What %s has of %s (UTC)', table_name, day));
  EXECUTE format('ALTER TABLE ideamine.%I ATTACH PARTITION ideamine.%I FOR VALUES FROM (%L) TO (%L)', table_name, name,
                 day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$$;
COMMENT ON FUNCTION ideamine_internal.make_day_partition(text, date) IS
'Makes the partition of a table for a day (UTC). table_name: tenant_usage, user_usage, cost_events or job_history; day: which one.
Errors: ID503 what the table had of that day is rolled up.';
REVOKE ALL ON FUNCTION ideamine_internal.make_day_partition(text, date) FROM PUBLIC;

-- A constraint that nothing meets: whoever comes too late gets an error, and nothing is lost from the sums.
CREATE OR REPLACE FUNCTION ideamine_internal.close_day_partition(table_name text, day date) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
  name text := format('%s_%s', table_name, to_char(day, 'YYYYMMDD'));
BEGIN
  EXECUTE format('ALTER TABLE ideamine.%I ADD CONSTRAINT %I CHECK (false) NOT VALID', name, name || '_closed');
  RETURN true;
EXCEPTION
  WHEN duplicate_object THEN
    RETURN true;
  WHEN lock_not_available THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION ideamine_internal.close_day_partition(text, date) IS
'Lets nothing be appended to a partition any more. False if somebody keeps it locked.
table_name: tenant_usage or cost_events; day: which one (UTC).';
REVOKE ALL ON FUNCTION ideamine_internal.close_day_partition(text, date) FROM PUBLIC;

-- Whoever wants to read the table waits as long as this does.
CREATE OR REPLACE FUNCTION ideamine_internal.drop_day_partition(table_name text, day date) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
  EXECUTE format('DROP TABLE ideamine.%I', format('%s_%s', table_name, to_char(day, 'YYYYMMDD')));
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION ideamine_internal.drop_day_partition(text, date) IS
'Drops a partition. False if somebody keeps it locked. table_name: tenant_usage, user_usage, cost_events or job_history; day: which
one (UTC).';
REVOKE ALL ON FUNCTION ideamine_internal.drop_day_partition(text, date) FROM PUBLIC;
