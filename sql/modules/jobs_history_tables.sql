-- jobs: where those go that have ended.

-- As the tables of usage, the parent has no index or constraint of its own: make_day_partition() gives each partition its
-- own. NULL is what most jobs have in most columns, and takes no room.
CREATE TABLE ideamine.job_history (
  job_id                uuid NOT NULL,
  run_at                timestamptz NOT NULL,
  created_at            timestamptz NOT NULL,
  finished_at           timestamptz NOT NULL,
  ready_at              timestamptz,
  started_at            timestamptz,
  epoch                 bigint NOT NULL,
  status                ideamine.job_status NOT NULL,
  priority_class        ideamine.priority_class NOT NULL,
  attempt               integer NOT NULL,
  open_dependencies     integer NOT NULL,
  dependents            integer NOT NULL,
  tenant_id             text COLLATE "C" NOT NULL,
  required_capabilities text[] COLLATE "C" NOT NULL,
  job_type              text COLLATE "C" NOT NULL,
  queue                 text COLLATE "C" NOT NULL,
  payload               jsonb NOT NULL,
  result                jsonb,
  worker_id             uuid,
  lease                 interval,
  timeout               interval,
  max_retries           integer,
  retry_base            interval,
  retry_factor          double precision,
  retry_cap             interval,
  run_id                uuid,
  project_id            text COLLATE "C",
  phase                 text COLLATE "C",
  checkpoint            jsonb,
  last_error            text,
  cancel_reason         text,
  concurrency_key       text COLLATE "C",
  concurrency_limit     integer,
  context               jsonb,
  quorum                integer,
  quorum_of             uuid,
  needs                 jsonb,
  preemptions           integer NOT NULL,
  preempted_at          timestamptz,
  resumed_at            timestamptz,
  preemption_reason     text,
  checkpoint_at         timestamptz,
  ended_attempts        jsonb,
  depends_on            uuid[]
) PARTITION BY RANGE (finished_at);
COMMENT ON TABLE ideamine.job_history IS
  'Jobs that have ended, moved from ideamine.jobs; one partition for each day (UTC) of their ends, which retention drops';
COMMENT ON COLUMN ideamine.job_history.ended_attempts IS
  'Its attempts that ended without completing it, oldest first: epoch, attempt, worker_id, started_at, ended_at, outcome, error; NULL: none';
COMMENT ON COLUMN ideamine.job_history.depends_on IS 'The jobs that it waited for; NULL: none';

CREATE TABLE ideamine_internal.history_walk (
  only_row   boolean NOT NULL PRIMARY KEY CHECK (only_row),
  next       uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  first_left uuid,
  walks      integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE ideamine_internal.history_walk IS 'One row, or none at first: how far passes of move_to_history() have come';
COMMENT ON COLUMN ideamine_internal.history_walk.only_row IS 'True';
COMMENT ON COLUMN ideamine_internal.history_walk.next IS 'Where the next pass begins, in the order of ids';
COMMENT ON COLUMN ideamine_internal.history_walk.first_left IS 'The first job that this walk has left in ideamine.jobs';
COMMENT ON COLUMN ideamine_internal.history_walk.walks IS 'How many walks there were since the last one that began at the very first job';

SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.history_walk', '');
GRANT SELECT ON ideamine_internal.history_walk TO ideamine_admin;
GRANT SELECT ON ideamine.job_history TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
