-- jobs: of which runs, projects and tenants no jobs are handed out.

CREATE TYPE ideamine.job_scope AS ENUM ('run', 'project', 'tenant');
COMMENT ON TYPE ideamine.job_scope IS 'Whose jobs are meant: those of a run, of a project of the tenant, or of the tenant';

CREATE TABLE ideamine.closings (
  tenant_id  text COLLATE "C" NOT NULL,
  scope      ideamine.job_scope NOT NULL,
  scope_id   text COLLATE "C" NOT NULL,
  cause      text COLLATE "C" NOT NULL,
  classes    ideamine.priority_class[] NOT NULL,
  reason     text NOT NULL,
  closed_at  timestamptz NOT NULL,
  opens_at   timestamptz NOT NULL DEFAULT 'infinity',
  decision   uuid,
  stopping   xid8,
  stopped    integer NOT NULL DEFAULT 0,
  set_aside  integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, scope, scope_id, cause)
);
COMMENT ON TABLE ideamine.closings IS 'Priority classes of runs, projects and tenants of which no job is handed out, because their money is spent, or they are paused';
COMMENT ON COLUMN ideamine.closings.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.closings.scope IS 'See type ideamine.job_scope';
COMMENT ON COLUMN ideamine.closings.scope_id IS 'Id of the run or the project; of a tenant its own id';
COMMENT ON COLUMN ideamine.closings.cause IS 'What closes them: a budget, by its period, or the run itself';
COMMENT ON COLUMN ideamine.closings.classes IS 'Classes of which no job is handed out; running jobs of these give way, but those of P0';
COMMENT ON COLUMN ideamine.closings.reason IS 'Why, as it is said of each job: budget_exceeded or run_paused';
COMMENT ON COLUMN ideamine.closings.closed_at IS 'Since when';
COMMENT ON COLUMN ideamine.closings.opens_at IS 'From when on it means nothing any more: a period ends';
COMMENT ON COLUMN ideamine.closings.decision IS 'The row of budget_events that closed them, if a budget did';
COMMENT ON COLUMN ideamine.closings.stopping IS 'The transaction that closed them, until no running job of these is left; NULL: there is none';
COMMENT ON COLUMN ideamine.closings.stopped IS 'How many running jobs have given way since then';
COMMENT ON COLUMN ideamine.closings.set_aside IS 'How many waiting jobs of a run were paused since then';

CREATE INDEX closings_stopping ON ideamine.closings (closed_at) WHERE stopping IS NOT NULL;
COMMENT ON INDEX ideamine.closings_stopping IS 'Closings whose running jobs are still to give way';

SELECT pg_catalog.pg_extension_config_dump('ideamine.closings', '');
GRANT SELECT ON ideamine.closings TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
