-- budget: spending, holding, and how budgets stand.

CREATE OR REPLACE FUNCTION ideamine_internal.budgets_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_budgets_changed';
COMMENT ON FUNCTION ideamine_internal.budgets_changed() IS 'Lets every process judge by a changed budget when it is committed';
REVOKE ALL ON FUNCTION ideamine_internal.budgets_changed() FROM PUBLIC;

CREATE OR REPLACE TRIGGER budgets_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.budgets
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.budgets_changed();
ALTER TABLE ideamine.budgets ENABLE ALWAYS TRIGGER budgets_changed;
COMMENT ON TRIGGER budgets_changed ON ideamine.budgets IS 'However a row is changed';

CREATE OR REPLACE FUNCTION ideamine.set_budget(
  tenant_id  text,
  scope      text,
  scope_id   text,
  total      numeric,
  thresholds jsonb DEFAULT NULL,
  period     text DEFAULT 'once'
) RETURNS TABLE (created boolean, armed_again text[])
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_set_budget';
COMMENT ON FUNCTION ideamine.set_budget(text, text, text, numeric, jsonb, text) IS
'Says how much may be spent for a run, a project or a tenant, once or in each day or month, and at which shares of it
something happens; made or changed. It counts what was spent before, in its period. A threshold that has fired fires once
more when a change lets what is spent be below it (armed_again).
tenant_id: NULL means the setting ideamine.tenant_id; scope: run, project or tenant; scope_id: id of the run or project, of a
tenant NULL; total: USD, at most nine decimal places, infinity for no limit; thresholds: an object of warn_at, throttle_at,
throttle_high_at and pause_at, each a share above 0 and up to 1, none below the one before, or {"at": 0.8, "action": "alert"}
with none, alert, preempt-P3, preempt-P2-P3 or pause-all; what is not named stays as it is, and is at first 0.5 alert, 0.8
preempt-P3, 0.9 preempt-P2-P3, 0.95 pause-all; period: once, day or month, which begin where the tenant is.
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, or a tenant''s budget and a login that is bound to
tenants, ID404 unknown tenant, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.set_budget(text, text, text, numeric, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.set_budget(text, text, text, numeric, jsonb, text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.record_cost(
  tenant_id       text,
  amount          numeric,
  run             uuid DEFAULT NULL,
  job             uuid DEFAULT NULL,
  project         text DEFAULT NULL,
  "user"          text DEFAULT NULL,
  model           text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  metadata        jsonb DEFAULT NULL
) RETURNS TABLE (event_id uuid, recorded boolean)
LANGUAGE C 
AS 'MODULE_PATHNAME', 'ideamine_record_cost';
COMMENT ON FUNCTION ideamine.record_cost(text, numeric, uuid, uuid, text, text, text, text, jsonb) IS
'Records what was spent, and counts it in every budget of the run, the project and the tenant, whatever they allow: money that
is spent is spent. Written to cost_events. Returns its event, and recorded: false if the idempotency key stands for an event
already, which is returned.
tenant_id: NULL means the setting ideamine.tenant_id; amount: USD, 0 or more, rounded up to whole nano-dollars; run, job,
project, user, model: what it was for, with the run and the project of the job where none is named (a job that is not known is written
down as it is); idempotency_key: remembered for ideamine.cost_key_retention; metadata: kept with it, at
most ideamine.max_payload_size.
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, ID404 unknown tenant, ID409 the key stands for
another amount, or costs of this transaction are older than a budget for them, ID413 metadata too large, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.record_cost(text, numeric, uuid, uuid, text, text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.record_cost(text, numeric, uuid, uuid, text, text, text, text, jsonb) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.check_budget(
  tenant_id text,
  amount    numeric,
  run       uuid DEFAULT NULL,
  job       uuid DEFAULT NULL,
  project   text DEFAULT NULL,
  "user"    text DEFAULT NULL,
  model     text DEFAULT NULL
) RETURNS TABLE (allowed boolean, remaining numeric, reason text, scope text, period text)
LANGUAGE C STABLE ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_check_budget';
COMMENT ON FUNCTION ideamine.check_budget(text, numeric, uuid, uuid, text, text, text) IS
'May so much be spent now? Takes nothing. Counts what is spent and what is held in every budget of the run, the project and the
tenant. Returns allowed, remaining (of the budget with the least left; infinity: there is none), and if it is not allowed why
(reason: budget_exceeded) and by which budget (scope, period).
tenant_id: NULL means the setting ideamine.tenant_id; amount: USD, 0 or more; run, job, project, user, model: what it is for, with the run
and the project of the job where none is named.
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, ID404 unknown tenant, ID503 the library is not
preloaded.';
REVOKE ALL ON FUNCTION ideamine.check_budget(text, numeric, uuid, uuid, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.check_budget(text, numeric, uuid, uuid, text, text, text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.reserve_cost(
  tenant_id  text,
  estimate   numeric,
  run        uuid DEFAULT NULL,
  job        uuid DEFAULT NULL,
  project    text DEFAULT NULL,
  "user"     text DEFAULT NULL,
  model      text DEFAULT NULL,
  expires_in interval DEFAULT NULL
) RETURNS TABLE (allowed boolean, reservation_id uuid, remaining numeric, reason text, scope text, period text)
LANGUAGE C 
AS 'MODULE_PATHNAME', 'ideamine_reserve_cost';
COMMENT ON FUNCTION ideamine.reserve_cost(text, numeric, uuid, uuid, text, text, text, interval) IS
'Holds money before it is spent, in every budget of the run, the project and the tenant or in none, so that concurrent calls
cannot pass a budget together; settle_cost() or release_cost() ends it. Returns as check_budget(), with the reservation.
tenant_id: NULL means the setting ideamine.tenant_id; estimate: USD, 0 or more, the most that it may come to, see
estimate_cost(); run, job, project, user, model: what it is for, with the run and the project of the job where none is named; if the job is running, its attempt holds it, and when that has
ended it is unresolved; expires_in: up to 30 days, default ideamine.reservation_ttl; what has expired is given
back by the next pass of expire_cost_reservations(), half a minute later at most.
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, ID404 unknown tenant, ID503 the library is not
preloaded.';
REVOKE ALL ON FUNCTION ideamine.reserve_cost(text, numeric, uuid, uuid, text, text, text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.reserve_cost(text, numeric, uuid, uuid, text, text, text, interval) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.settle_cost(
  reservation_id uuid,
  actual         numeric
) RETURNS TABLE (settled boolean, event_id uuid)
LANGUAGE C 
AS 'MODULE_PATHNAME', 'ideamine_settle_cost';
COMMENT ON FUNCTION ideamine.settle_cost(uuid, numeric) IS
'Records what a reservation came to, in the day and month in which it was made, and lets go what it held. Also after it has
expired: the money is spent. Returns its event; settled: false if it was settled before, and then nothing is done.
reservation_id: as reserve_cost() gave it; actual: USD, 0 or more, also above the estimate, rounded up to whole nano-dollars.
Errors: ID400 missing or invalid argument, ID404 unknown reservation, ID409 it was released,
or costs of this transaction are older than a budget for them, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.settle_cost(uuid, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.settle_cost(uuid, numeric) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.release_cost(
  reservation_id uuid
) RETURNS boolean
LANGUAGE C 
AS 'MODULE_PATHNAME', 'ideamine_release_cost';
COMMENT ON FUNCTION ideamine.release_cost(uuid) IS
'Lets go what a reservation held, because nothing was spent. False if it was released before, or has expired.
reservation_id: as reserve_cost() gave it. Errors: ID400 missing id, ID404 unknown reservation, ID409 it was settled, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.release_cost(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.release_cost(uuid) TO ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.expire_cost_reservations(
  at timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_expire_cost_reservations';
COMMENT ON FUNCTION ideamine.expire_cost_reservations(timestamptz) IS
'One pass of the duty that ends reservations whose time is over, at most 10000, and marks as unresolved those of attempts that
have ended. Returns how many expired. at: the time to judge by, default now.
Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.expire_cost_reservations(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.expire_cost_reservations(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.act_on_budgets() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_act_on_budgets';
COMMENT ON FUNCTION ideamine.act_on_budgets() IS
'One pass over the budgets that have reached a threshold, as far as shared memory knows them, or were changed: each threshold
fires once, is written to budget_events and told as budget-alert, and from the commit on the classes that it stops are not
handed out; enforce_closings() preempts those that run. Returns how many thresholds fired. The background worker is woken for
it by the commit that reaches a threshold.
Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.act_on_budgets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.act_on_budgets() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.sweep_budgets() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_sweep_budgets';
COMMENT ON FUNCTION ideamine.sweep_budgets() IS
'The same over all budgets, those too of which shared memory knows nothing, because the server was started anew since they were
spent from. Returns how many thresholds fired. The background worker does so when it starts, and each hour.
Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.sweep_budgets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.sweep_budgets() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.purge_costs(
  at timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_purge_costs';
COMMENT ON FUNCTION ideamine.purge_costs(timestamptz) IS
'One pass of the duty that makes the partitions of cost_events of today and tomorrow, and removes idempotency keys of costs and
reservations that ended longer than ideamine.cost_key_retention ago; at most 10000 of each. Returns how many rows.
at: the time to judge by, default now. Errors: ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.purge_costs(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.purge_costs(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.roll_up_costs(
  at timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_roll_up_costs';
COMMENT ON FUNCTION ideamine.roll_up_costs(timestamptz) IS
'One pass of the duty that sums up partitions of cost_events that have been over for an hour in cost_rollups: budgets are then
counted from the sums. Returns how many were summed up.
at: the time to judge by, default now. Errors: ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.roll_up_costs(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.roll_up_costs(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.drop_old_costs(
  keep interval DEFAULT NULL,
  at   timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_drop_old_costs';
COMMENT ON FUNCTION ideamine.drop_old_costs(interval, timestamptz) IS
'One pass of the duty that removes details of costs: drops the partitions of cost_events of days that are older than keep, if
they are rolled up. Sums stay, in cost_rollups, and count in every budget as before. Returns how many partitions were dropped.
keep: 0 or more, default ideamine.cost_retention; at: the time to judge by, default now.
Errors: ID400 invalid keep, ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.drop_old_costs(interval, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.drop_old_costs(interval, timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine_internal.budget_standing(
  tenant_id text,
  scope     text,
  scope_id  text,
  period    text
) RETURNS TABLE (
  spent             numeric,
  held              numeric,
  percent_used      numeric,
  state             text,
  next_threshold    text,
  next_threshold_at numeric,
  spent_last_hour   numeric,
  exhausted_at      timestamptz,
  period_start      timestamptz,
  period_end        timestamptz
)
LANGUAGE C STABLE ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_budget_standing';
COMMENT ON FUNCTION ideamine_internal.budget_standing(text, text, text, text) IS
'How a budget stands, as v_budget_status shows it; no row: there is no such budget. tenant_id, scope, scope_id, period: as in
the table budgets. Errors: ID400 invalid argument, ID403 not a tenant of the login, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine_internal.budget_standing(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine_internal.budget_standing(text, text, text, text)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_budget_status WITH (security_invoker = true) AS
  SELECT b.tenant_id, b.scope, b.scope_id, b.period, b.total, s.spent, s.held, b.total - s.spent AS remaining, s.percent_used,
         s.state, s.next_threshold, s.next_threshold_at, s.spent_last_hour, s.exhausted_at, s.period_start, s.period_end
  FROM ideamine.budgets AS b
  CROSS JOIN LATERAL ideamine_internal.budget_standing(b.tenant_id, b.scope::text, b.scope_id, b.period::text) AS s;
COMMENT ON VIEW ideamine.v_budget_status IS 'How budgets stand, in USD';
COMMENT ON COLUMN ideamine.v_budget_status.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.v_budget_status.scope IS 'See type ideamine.job_scope';
COMMENT ON COLUMN ideamine.v_budget_status.scope_id IS 'Id of the run, the project or the tenant';
COMMENT ON COLUMN ideamine.v_budget_status.period IS 'See type ideamine.budget_period';
COMMENT ON COLUMN ideamine.v_budget_status.total IS 'What may be spent in a period; infinity: no limit';
COMMENT ON COLUMN ideamine.v_budget_status.spent IS 'What was, in this one';
COMMENT ON COLUMN ideamine.v_budget_status.held IS 'What reservations and transactions in progress hold';
COMMENT ON COLUMN ideamine.v_budget_status.remaining IS 'What is not spent; below 0: it was passed';
COMMENT ON COLUMN ideamine.v_budget_status.percent_used IS 'What is spent in percent of the total, rounded down to hundredths; 100 of a total of 0';
COMMENT ON COLUMN ideamine.v_budget_status.state IS 'active, warned, throttled (P3 waits), throttled_high (P2 and P3 wait) or paused';
COMMENT ON COLUMN ideamine.v_budget_status.next_threshold IS 'The next threshold to fire, if there is one';
COMMENT ON COLUMN ideamine.v_budget_status.next_threshold_at IS 'How much has to be spent for that';
COMMENT ON COLUMN ideamine.v_budget_status.spent_last_hour IS 'What was spent in the last hour';
COMMENT ON COLUMN ideamine.v_budget_status.exhausted_at IS 'When all is spent if that goes on; NULL: not in this period';
COMMENT ON COLUMN ideamine.v_budget_status.period_start IS 'When this period began; -infinity: once';
COMMENT ON COLUMN ideamine.v_budget_status.period_end IS 'When it ends';
GRANT SELECT ON ideamine.v_budget_status TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
