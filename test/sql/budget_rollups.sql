-- What is kept of costs: sums by day, and the details for a time. Budgets count the same before and after, to the nano-dollar.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.budgets, ideamine.cost_events, ideamine.cost_rollups, ideamine.cost_keys,
  ideamine.cost_reservations, ideamine_internal.cost_horizon;
\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql
SELECT count(ideamine_internal.drop_day_partition('cost_events', right(c.relname, 8)::date)) >= 0 AS dropped
FROM pg_class AS c WHERE c.relispartition AND c.relkind = 'r' AND c.relname ~ '^cost_events_';

SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
\set run '00000000-0000-7000-8000-000000000001'
\set other '00000000-0000-7000-8000-000000000002'
SELECT count(*)
FROM (VALUES ('run', :'run'), ('run', :'other'), ('project', 'search'), ('project', 'quiet'), ('tenant', NULL)) AS s (scope, scope_id),
  unnest('{once,day,month}'::text[]) AS period, ideamine.set_budget('acme', scope, scope_id, 1000000, period => period);
SELECT created FROM ideamine.set_budget('globex', 'tenant', NULL, 10);

-- Appends a cost of an earlier day, as it would have been then; it counts in that day, or in one before.
CREATE PROCEDURE pg_temp.spend(days_ago integer, tenant text, amount numeric, run uuid, project text, model text, counted_days_before integer DEFAULT 0)
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := date_trunc('day', now(), 'UTC') - days_ago * interval '1 day' + interval '1 hour';
BEGIN
  IF to_regclass('ideamine.cost_events_' || to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NULL THEN
    PERFORM ideamine_internal.make_day_partition('cost_events', (at AT TIME ZONE 'UTC')::date);
  END IF;
  INSERT INTO ideamine.cost_events (event_id, recorded_at, day_start, amount, kind, tenant_id, run_id, project_id, model)
  VALUES (gen_random_uuid(), at, date_trunc('day', at, 'UTC') - counted_days_before * interval '1 day', amount,
          CASE counted_days_before WHEN 0 THEN 'actual' ELSE 'settled' END::ideamine.cost_kind, tenant, run, project, model);
END
$$;
CREATE VIEW pg_temp.days AS
  SELECT (now() AT TIME ZONE 'UTC')::date - right(c.relname, 8)::date AS days_ago
  FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'ideamine.cost_events'::regclass;
-- All events that there ever were, and budgets that count anything else.
CREATE TEMP TABLE truth AS SELECT * FROM ideamine.cost_events;
CREATE PROCEDURE pg_temp.remember() LANGUAGE sql AS $$
  INSERT INTO truth SELECT * FROM ideamine.cost_events e WHERE NOT EXISTS (SELECT FROM truth t WHERE t.event_id = e.event_id)
$$;
CREATE VIEW pg_temp.off AS
  SELECT s.tenant_id, s.scope, s.period, s.spent, t.spent AS truly
  FROM ideamine.v_budget_status AS s CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS spent FROM truth AS t
    WHERE t.tenant_id = s.tenant_id AND t.day_start >= s.period_start AND t.day_start < s.period_end
      AND CASE s.scope::text WHEN 'run' THEN t.run_id::text = s.scope_id WHEN 'project' THEN t.project_id = s.scope_id ELSE true END) AS t
  WHERE s.spent <> t.spent;

SELECT ideamine.purge_costs();
CALL pg_temp.spend(6, 'acme', 0.000000001, :'run', 'search', 'gpt');
CALL pg_temp.spend(6, 'acme', 12345.678901234, :'run', 'search', 'gpt');
CALL pg_temp.spend(6, 'acme', 3, :'run', 'search', 'claude');
CALL pg_temp.spend(6, 'globex', 7, :'run', NULL, NULL);
CALL pg_temp.spend(5, 'acme', 0.1, :'other', 'search', 'gpt');
CALL pg_temp.spend(5, 'acme', 0.2, NULL, NULL, NULL);
-- settled two days after it was held, and after that day was over
CALL pg_temp.spend(4, 'acme', 0.000000002, :'run', 'search', 'gpt', 2);
CALL pg_temp.spend(0, 'acme', 0.5, :'run', 'search', 'gpt', 5);
SELECT recorded FROM ideamine.record_cost('acme', 4, run => :'run', project => 'search', model => 'gpt');
CALL pg_temp.remember();
SELECT ideamine.reload_counters() > 0 AS reloaded;
TABLE pg_temp.off;
SELECT scope, spent FROM ideamine.v_budget_status WHERE tenant_id = 'acme' AND period = 'once' ORDER BY scope, scope_id;

-- What is not rolled up is not dropped, however old.
SELECT ideamine.drop_old_costs('0');

-- Rolled up once, whoever asks for it again, and as it was.
SELECT ideamine.roll_up_costs();
SELECT ideamine.roll_up_costs(), ideamine.roll_up_costs('infinity');
SELECT tenant_id, (now() AT TIME ZONE 'UTC')::date - day AS days_ago, entry, (now() AT TIME ZONE 'UTC')::date - (day_start AT TIME ZONE 'UTC')::date AS counted_days_ago,
  right(run_id::text, 1) AS run, project_id, model, kind, amount, events
FROM ideamine.cost_rollups ORDER BY day, tenant_id, entry;
SELECT sum(amount) - (SELECT sum(amount) FROM truth WHERE recorded_at < date_trunc('day', now(), 'UTC')) AS difference FROM ideamine.cost_rollups;
TABLE pg_temp.off;
SELECT ideamine.reload_counters() > 0 AS reloaded;
TABLE pg_temp.off;
SELECT count(*) AS broken FROM ideamine.audit_counters() WHERE state <> 'ok';

-- Details are dropped when they are old; all counts on, in budgets that are made later, too.
SELECT ideamine.drop_old_costs();
SELECT ideamine.drop_old_costs('120 hours');
SELECT * FROM pg_temp.days ORDER BY 1 DESC;
SELECT ideamine.drop_old_costs('0', now() + interval '1 year');
SELECT * FROM pg_temp.days ORDER BY 1 DESC;
TABLE pg_temp.off;
SELECT ideamine.reload_counters() > 0 AS reloaded;
TABLE pg_temp.off;
SELECT count(*) AS broken FROM ideamine.audit_counters() WHERE state <> 'ok';
SELECT scope, spent FROM ideamine.v_budget_status WHERE tenant_id = 'acme' AND period = 'once' ORDER BY scope, scope_id;
SELECT ideamine.set_budget('globex', 'run', :'run', 100);
SELECT spent, spent_last_hour FROM ideamine.v_budget_status WHERE tenant_id = 'globex' AND scope = 'run';

-- What settles a reservation of a day that is gone counts in that day.
SELECT reservation_id AS late FROM ideamine.reserve_cost('acme', 2, run => :'run', project => 'search') \gset
UPDATE ideamine.cost_reservations SET day_start = day_start - interval '6 days',
  month_start = date_trunc('month', day_start - interval '6 days', 'UTC') WHERE reservation_id = :'late';
SELECT ideamine.reload_counters() > 0 AS reloaded;
SELECT settled FROM ideamine.settle_cost(:'late', 1.25);
CALL pg_temp.remember();
TABLE pg_temp.off;
SELECT ideamine.reload_counters() > 0 AS reloaded;
TABLE pg_temp.off;
SELECT count(*) AS broken FROM ideamine.audit_counters() WHERE state <> 'ok';

-- What is rolled up is closed, for good.
CALL pg_temp.spend(3, 'acme', 1, NULL, NULL, NULL);
CALL pg_temp.remember();
SELECT ideamine.roll_up_costs();
DO $$
BEGIN
  FOR days_ago IN 3..4 LOOP
    BEGIN
      CALL pg_temp.spend(days_ago, 'acme', 1, NULL, NULL, NULL);
    EXCEPTION WHEN OTHERS THEN
      RAISE INFO '%: %', SQLSTATE, regexp_replace(SQLERRM, '[0-9]{2}[-0-9]{6,}', '<day>', 'g');
    END;
  END LOOP;
END
$$;
-- Whoever summed up a day for the second time would be stopped.
TRUNCATE ideamine_internal.cost_horizon;
\set VERBOSITY sqlstate
SELECT ideamine.roll_up_costs();
\set VERBOSITY default
INSERT INTO ideamine_internal.cost_horizon SELECT true, (max(day) + 1)::timestamp AT TIME ZONE 'UTC' FROM ideamine.cost_rollups;

-- A rollback leaves nothing of it.
CREATE TEMP TABLE before AS SELECT * FROM ideamine.cost_rollups;
TRUNCATE ideamine.cost_rollups, ideamine_internal.cost_horizon;
BEGIN;
SELECT ideamine.roll_up_costs(), ideamine.drop_old_costs('0');
ROLLBACK;
SELECT count(*) FROM ideamine.cost_rollups;
SELECT count(*) FROM pg_temp.days;
INSERT INTO ideamine.cost_rollups SELECT * FROM before;
INSERT INTO ideamine_internal.cost_horizon SELECT true, (max(day) + 1)::timestamp AT TIME ZONE 'UTC' FROM ideamine.cost_rollups;
SELECT ideamine.reload_counters() > 0 AS reloaded;
TABLE pg_temp.off;

CALL pg_temp.refused('SELECT ideamine.drop_old_costs(%L)', '-1 day');
TRUNCATE ideamine.tenants, ideamine.budgets, ideamine.cost_events, ideamine.cost_rollups, ideamine.cost_reservations, ideamine_internal.cost_horizon;
SELECT count(ideamine_internal.drop_day_partition('cost_events', right(c.relname, 8)::date)) > 0 AS dropped
FROM pg_class AS c WHERE c.relispartition AND c.relkind = 'r' AND c.relname ~ '^cost_events_';
