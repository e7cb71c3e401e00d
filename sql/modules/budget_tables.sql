-- budget: what runs, projects and tenants may spend, what they spent, and what is held for them.

CREATE TYPE ideamine.budget_period AS ENUM ('once', 'day', 'month');
COMMENT ON TYPE ideamine.budget_period IS
'When a budget begins anew. once: never; day: at midnight where the tenant is; month: with the first day of one.';

CREATE TYPE ideamine.budget_action AS ENUM ('none', 'alert', 'preempt-P3', 'preempt-P2-P3', 'pause-all');
COMMENT ON TYPE ideamine.budget_action IS
'What a threshold does when it is reached. none: it is off; alert: it is told; preempt-P3, preempt-P2-P3: running jobs of these
classes give way, and no new ones are handed out; pause-all: all but P0 give way, and none at all is handed out.';

CREATE TYPE ideamine.cost_kind AS ENUM ('actual', 'settled');
COMMENT ON TYPE ideamine.cost_kind IS
'actual: recorded as it came; settled: what a reservation came to.';

CREATE TYPE ideamine.reservation_state AS ENUM ('held', 'unresolved', 'settled', 'released', 'expired');
COMMENT ON TYPE ideamine.reservation_state IS
'held: counts; unresolved: counts, though whoever held it is gone; settled: its actual cost is recorded; released: it was not
needed; expired: nobody said what became of it in time.';

-- The columns that say which threshold does what are in the order of the thresholds.
CREATE TABLE ideamine.budgets (
  tenant_id            text COLLATE "C" NOT NULL,
  scope                ideamine.job_scope NOT NULL,
  scope_id             text COLLATE "C" NOT NULL,
  period               ideamine.budget_period NOT NULL,
  total                numeric NOT NULL CONSTRAINT budgets_total_valid CHECK (total >= 0 AND total <> 'NaN'),
  warn_at              numeric NOT NULL DEFAULT 0.5 CHECK (warn_at > 0 AND warn_at <= throttle_at),
  throttle_at          numeric NOT NULL DEFAULT 0.8 CHECK (throttle_at <= throttle_high_at),
  throttle_high_at     numeric NOT NULL DEFAULT 0.9 CHECK (throttle_high_at <= pause_at),
  pause_at             numeric NOT NULL DEFAULT 0.95 CHECK (pause_at <= 1),
  warn_action          ideamine.budget_action NOT NULL DEFAULT 'alert',
  throttle_action      ideamine.budget_action NOT NULL DEFAULT 'preempt-P3',
  throttle_high_action ideamine.budget_action NOT NULL DEFAULT 'preempt-P2-P3',
  pause_action         ideamine.budget_action NOT NULL DEFAULT 'pause-all',
  fired                integer NOT NULL DEFAULT 0 CHECK (fired BETWEEN 0 AND 15),
  fired_in             timestamptz NOT NULL DEFAULT '-infinity',
  must_check           boolean NOT NULL DEFAULT true,
  created_at           timestamptz NOT NULL,
  updated_at           timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, scope, scope_id, period)
);
COMMENT ON TABLE ideamine.budgets IS 'What may be spent, in USD, and at which shares of it something happens; the view v_budget_status says how they stand';
COMMENT ON COLUMN ideamine.budgets.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.budgets.scope IS 'See type ideamine.job_scope';
COMMENT ON COLUMN ideamine.budgets.scope_id IS 'Id of the run or the project; of a tenant''s budget the tenant''s own id';
COMMENT ON COLUMN ideamine.budgets.period IS 'See type ideamine.budget_period';
COMMENT ON COLUMN ideamine.budgets.total IS 'USD in each period; infinity: no limit';
COMMENT ON COLUMN ideamine.budgets.warn_at IS 'The share of the total that reaches the first threshold, above 0 and up to 1, in millionths';
COMMENT ON COLUMN ideamine.budgets.throttle_at IS 'The same of the second one, not below the first';
COMMENT ON COLUMN ideamine.budgets.throttle_high_at IS 'The same of the third one, not below the second';
COMMENT ON COLUMN ideamine.budgets.pause_at IS 'The same of the fourth one, not below the third';
COMMENT ON COLUMN ideamine.budgets.warn_action IS 'What the first threshold does';
COMMENT ON COLUMN ideamine.budgets.throttle_action IS 'What the second one does';
COMMENT ON COLUMN ideamine.budgets.throttle_high_action IS 'What the third one does';
COMMENT ON COLUMN ideamine.budgets.pause_action IS 'What the fourth one does';
COMMENT ON COLUMN ideamine.budgets.fired IS 'Thresholds that have fired since they were armed: the sum of 1 (warn_at), 2, 4 and 8 (pause_at)';
COMMENT ON COLUMN ideamine.budgets.fired_in IS 'Start of the period in which they did; in another one all are armed';
COMMENT ON COLUMN ideamine.budgets.must_check IS 'It was changed: act_on_budgets() is to find out whether a threshold is reached';
COMMENT ON COLUMN ideamine.budgets.created_at IS 'When it was made';
COMMENT ON COLUMN ideamine.budgets.updated_at IS 'When it was last changed, or a threshold fired';

CREATE INDEX budgets_changed ON ideamine.budgets (tenant_id) WHERE must_check;
COMMENT ON INDEX ideamine.budgets_changed IS 'Budgets that are to be looked at';

CREATE TABLE ideamine.budget_events (
  event_id            uuid NOT NULL,
  tenant_id           text COLLATE "C" NOT NULL,
  scope               ideamine.job_scope NOT NULL,
  scope_id            text COLLATE "C" NOT NULL,
  period              ideamine.budget_period NOT NULL,
  period_start        timestamptz NOT NULL,
  threshold           text COLLATE "C" NOT NULL,
  event_type          ideamine.budget_action NOT NULL,
  budget_total        numeric NOT NULL,
  budget_spent        numeric NOT NULL,
  budget_remaining    numeric NOT NULL,
  budget_percent_used numeric NOT NULL,
  tasks_affected      integer NOT NULL DEFAULT 0,
  classes_preempted   ideamine.priority_class[] NOT NULL,
  fired_at            timestamptz NOT NULL,
  PRIMARY KEY (event_id, tenant_id)
);
COMMENT ON TABLE ideamine.budget_events IS 'Each time that a threshold of a budget fired';
COMMENT ON COLUMN ideamine.budget_events.event_id IS 'UUID version 7';
COMMENT ON COLUMN ideamine.budget_events.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.budget_events.scope IS 'See type ideamine.job_scope';
COMMENT ON COLUMN ideamine.budget_events.scope_id IS 'Id of the run, the project or the tenant';
COMMENT ON COLUMN ideamine.budget_events.period IS 'See type ideamine.budget_period';
COMMENT ON COLUMN ideamine.budget_events.period_start IS 'Start of the period in which it fired; -infinity: once';
COMMENT ON COLUMN ideamine.budget_events.threshold IS 'warn_at, throttle_at, throttle_high_at or pause_at';
COMMENT ON COLUMN ideamine.budget_events.event_type IS 'What the threshold does';
COMMENT ON COLUMN ideamine.budget_events.budget_total IS 'USD, as the budget was then; infinity: no limit';
COMMENT ON COLUMN ideamine.budget_events.budget_spent IS 'What was spent when it fired';
COMMENT ON COLUMN ideamine.budget_events.budget_remaining IS 'What was not; below 0: the budget was passed';
COMMENT ON COLUMN ideamine.budget_events.budget_percent_used IS 'What was spent in percent of the total, rounded down to hundredths';
COMMENT ON COLUMN ideamine.budget_events.tasks_affected IS 'Running jobs that have given way for it';
COMMENT ON COLUMN ideamine.budget_events.classes_preempted IS 'Classes whose running jobs give way';
COMMENT ON COLUMN ideamine.budget_events.fired_at IS 'When';

CREATE INDEX budget_events_by_scope ON ideamine.budget_events (tenant_id, scope, scope_id, fired_at);
COMMENT ON INDEX ideamine.budget_events_by_scope IS 'Of a budget, by time';

-- As the tables of usage, the parent has no index or constraint of its own: make_day_partition() gives each partition its own.
CREATE TABLE ideamine.cost_events (
  event_id       uuid NOT NULL,
  recorded_at    timestamptz NOT NULL,
  day_start      timestamptz NOT NULL,
  amount         numeric NOT NULL,
  kind           ideamine.cost_kind NOT NULL,
  tenant_id      text COLLATE "C" NOT NULL,
  run_id         uuid,
  job_id         uuid,
  project_id     text COLLATE "C",
  user_id        text COLLATE "C",
  model          text COLLATE "C",
  reservation_id uuid,
  metadata       jsonb
) PARTITION BY RANGE (recorded_at);
COMMENT ON TABLE ideamine.cost_events IS
  'What was spent, appended; one partition for each day (UTC), which retention drops when it is rolled up';
COMMENT ON COLUMN ideamine.cost_events.event_id IS 'UUID version 7';
COMMENT ON COLUMN ideamine.cost_events.recorded_at IS 'When it was recorded';
COMMENT ON COLUMN ideamine.cost_events.day_start IS 'Start of the tenant''s day that counts it; its month is that of this day';
COMMENT ON COLUMN ideamine.cost_events.amount IS 'USD, in whole nano-dollars';
COMMENT ON COLUMN ideamine.cost_events.kind IS 'See type ideamine.cost_kind';
COMMENT ON COLUMN ideamine.cost_events.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.cost_events.run_id IS 'The run that it was for, if that was said';
COMMENT ON COLUMN ideamine.cost_events.job_id IS 'The job that it was for, if that was said';
COMMENT ON COLUMN ideamine.cost_events.project_id IS 'The project that it was for, if that was said';
COMMENT ON COLUMN ideamine.cost_events.user_id IS 'The user that it was for, if that was said';
COMMENT ON COLUMN ideamine.cost_events.model IS 'The model that was paid for, if that was said';
COMMENT ON COLUMN ideamine.cost_events.reservation_id IS 'The reservation that it settled, if any';
COMMENT ON COLUMN ideamine.cost_events.metadata IS 'Whatever else the caller said';

-- Numbered within the day of a tenant: whoever summed up a day for the second time would meet these numbers.
CREATE TABLE ideamine.cost_rollups (
  tenant_id  text COLLATE "C" NOT NULL,
  day        date NOT NULL,
  entry      bigint NOT NULL,
  day_start  timestamptz NOT NULL,
  run_id     uuid,
  project_id text COLLATE "C",
  user_id    text COLLATE "C",
  model      text COLLATE "C",
  kind       ideamine.cost_kind NOT NULL,
  amount     numeric NOT NULL,
  events     bigint NOT NULL,
  PRIMARY KEY (tenant_id, day, entry)
);
COMMENT ON TABLE ideamine.cost_rollups IS 'Sums of cost_events, of all partitions that are over; they stay when the partitions go';
COMMENT ON COLUMN ideamine.cost_rollups.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.cost_rollups.day IS 'The day (UTC) of its partition';
COMMENT ON COLUMN ideamine.cost_rollups.entry IS 'Number of the sum among those of the tenant and the day';
COMMENT ON COLUMN ideamine.cost_rollups.day_start IS 'Start of the tenant''s day that counts it; its month is that of this day';
COMMENT ON COLUMN ideamine.cost_rollups.run_id IS 'The run that it was for, if that was said';
COMMENT ON COLUMN ideamine.cost_rollups.project_id IS 'The project that it was for, if that was said';
COMMENT ON COLUMN ideamine.cost_rollups.user_id IS 'The user that it was for, if that was said';
COMMENT ON COLUMN ideamine.cost_rollups.model IS 'The model that was paid for, if that was said';
COMMENT ON COLUMN ideamine.cost_rollups.kind IS 'See type ideamine.cost_kind';
COMMENT ON COLUMN ideamine.cost_rollups.amount IS 'The sum: USD, in whole nano-dollars';
COMMENT ON COLUMN ideamine.cost_rollups.events IS 'Of how many events';

-- The tenant comes second: while the table is empty, one index that begins with it would look as good as another one.
CREATE INDEX cost_rollups_by_run ON ideamine.cost_rollups (run_id, tenant_id, day_start);
COMMENT ON INDEX ideamine.cost_rollups_by_run IS 'Sums of a run';
CREATE INDEX cost_rollups_by_project ON ideamine.cost_rollups (project_id, tenant_id, day_start);
COMMENT ON INDEX ideamine.cost_rollups_by_project IS 'Sums of a project';

CREATE TABLE ideamine_internal.cost_horizon (
  only_row     boolean NOT NULL PRIMARY KEY CHECK (only_row),
  rolled_up_to timestamptz NOT NULL
);
COMMENT ON TABLE ideamine_internal.cost_horizon IS 'One row, or none at first: how far costs have been rolled up';
COMMENT ON COLUMN ideamine_internal.cost_horizon.only_row IS 'True';
COMMENT ON COLUMN ideamine_internal.cost_horizon.rolled_up_to IS 'What was recorded before this is in the rollups, whole; nothing is appended there any more';

-- Not partitioned: what was recorded once is not recorded again, on whichever day.
CREATE TABLE ideamine.cost_keys (
  tenant_id       text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  event_id        uuid NOT NULL,
  amount          numeric NOT NULL,
  recorded_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, idempotency_key)
);
COMMENT ON TABLE ideamine.cost_keys IS 'Idempotency keys of costs that were recorded, kept for ideamine.cost_key_retention';
COMMENT ON COLUMN ideamine.cost_keys.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.cost_keys.idempotency_key IS 'What the caller calls it';
COMMENT ON COLUMN ideamine.cost_keys.event_id IS 'The row of cost_events that was written for it';
COMMENT ON COLUMN ideamine.cost_keys.amount IS 'Its amount';
COMMENT ON COLUMN ideamine.cost_keys.recorded_at IS 'When';

CREATE INDEX cost_keys_by_time ON ideamine.cost_keys (recorded_at);
COMMENT ON INDEX ideamine.cost_keys_by_time IS 'By age, for retention';

CREATE TABLE ideamine.cost_reservations (
  reservation_id uuid NOT NULL,
  reserved_at    timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  day_start      timestamptz NOT NULL,
  month_start    timestamptz NOT NULL,
  ended_at       timestamptz,
  state          ideamine.reservation_state NOT NULL,
  estimate       numeric NOT NULL,
  actual         numeric,
  tenant_id      text COLLATE "C" NOT NULL,
  run_id         uuid,
  job_id         uuid,
  epoch          bigint,
  project_id     text COLLATE "C",
  user_id        text COLLATE "C",
  model          text COLLATE "C",
  by_claim       boolean NOT NULL DEFAULT false,
  PRIMARY KEY (reservation_id, tenant_id)
);
COMMENT ON TABLE ideamine.cost_reservations IS 'Money that is held before it is spent, by reserve_cost() or by running jobs that say what they may cost';
COMMENT ON COLUMN ideamine.cost_reservations.reservation_id IS 'UUID version 7';
COMMENT ON COLUMN ideamine.cost_reservations.reserved_at IS 'When it was made';
COMMENT ON COLUMN ideamine.cost_reservations.expires_at IS 'When it ends if nobody says what became of it';
COMMENT ON COLUMN ideamine.cost_reservations.day_start IS 'Start of the tenant''s day in which it counts';
COMMENT ON COLUMN ideamine.cost_reservations.month_start IS 'Start of the tenant''s month in which it counts';
COMMENT ON COLUMN ideamine.cost_reservations.ended_at IS 'When it was settled, released or expired';
COMMENT ON COLUMN ideamine.cost_reservations.state IS 'See type ideamine.reservation_state';
COMMENT ON COLUMN ideamine.cost_reservations.estimate IS 'USD that are held';
COMMENT ON COLUMN ideamine.cost_reservations.actual IS 'USD that it came to, if it is settled';
COMMENT ON COLUMN ideamine.cost_reservations.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.cost_reservations.run_id IS 'The run that it is for, if that was said';
COMMENT ON COLUMN ideamine.cost_reservations.job_id IS 'The job that it is for, if that was said';
COMMENT ON COLUMN ideamine.cost_reservations.epoch IS 'The lease that holds it, if that job was running';
COMMENT ON COLUMN ideamine.cost_reservations.project_id IS 'The project that it is for, if that was said';
COMMENT ON COLUMN ideamine.cost_reservations.user_id IS 'The user that it is for, if that was said';
COMMENT ON COLUMN ideamine.cost_reservations.model IS 'The model that is to be paid for, if that was said';

COMMENT ON COLUMN ideamine.cost_reservations.by_claim IS 'True: a running job holds what it needs, until its attempt ends';

CREATE INDEX cost_reservations_of_attempts ON ideamine.cost_reservations (job_id)
  WHERE by_claim AND ended_at IS NULL;
COMMENT ON INDEX ideamine.cost_reservations_of_attempts IS 'What running jobs hold';
CREATE INDEX cost_reservations_held ON ideamine.cost_reservations (tenant_id, run_id)
  WHERE ended_at IS NULL;
COMMENT ON INDEX ideamine.cost_reservations_held IS 'Reservations that count';
CREATE INDEX cost_reservations_expiring ON ideamine.cost_reservations (expires_at)
  WHERE ended_at IS NULL;
COMMENT ON INDEX ideamine.cost_reservations_expiring IS 'Reservations that count, by when they expire';
CREATE INDEX cost_reservations_ended ON ideamine.cost_reservations (ended_at)
  WHERE ended_at IS NOT NULL;
COMMENT ON INDEX ideamine.cost_reservations_ended IS 'Reservations that count no more, for retention';

SELECT pg_catalog.pg_extension_config_dump('ideamine.budgets', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.budget_events', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.cost_rollups', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.cost_horizon', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.cost_keys', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.cost_reservations', '');
GRANT SELECT ON ideamine.budgets, ideamine.budget_events, ideamine.cost_events, ideamine.cost_rollups, ideamine.cost_keys, ideamine.cost_reservations
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT SELECT ON ideamine_internal.cost_horizon TO ideamine_admin;
