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
  ended_attempts        jsonb,
  depends_on            uuid[]
) PARTITION BY RANGE (finished_at);
COMMENT ON TABLE ideamine.job_history IS
  'Jobs that have ended, moved from ideamine.jobs; one partition for each day (UTC) of their ends, which retention drops';
COMMENT ON COLUMN ideamine.job_history.ended_attempts IS
  'Its attempts that ended without completing it, oldest first: epoch, attempt, worker_id, started_at, ended_at, outcome, error; NULL: none';
COMMENT ON COLUMN ideamine.job_history.depends_on IS 'The jobs that it waited for; NULL: none';

GRANT SELECT ON ideamine.job_history TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
