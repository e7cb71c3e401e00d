-- workflow: runs, as far as somebody said something of them.

CREATE TYPE ideamine.run_status AS ENUM ('running', 'paused');
COMMENT ON TYPE ideamine.run_status IS
'running: its jobs are handed out; paused: none is, and those that ran have given way, but P0, which may finish.';

CREATE TABLE ideamine.workflow_runs (
  tenant_id    text COLLATE "C" NOT NULL,
  run_id       uuid NOT NULL,
  status       ideamine.run_status NOT NULL DEFAULT 'running',
  pause_reason text,
  paused_at    timestamptz,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, run_id)
);
COMMENT ON TABLE ideamine.workflow_runs IS 'Runs that have a budget, or that were paused; a run that has no row is running';
COMMENT ON COLUMN ideamine.workflow_runs.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.workflow_runs.run_id IS 'The run, as jobs name it';
COMMENT ON COLUMN ideamine.workflow_runs.status IS 'See type ideamine.run_status';
COMMENT ON COLUMN ideamine.workflow_runs.pause_reason IS 'Why it is paused; budget_exceeded: for a budget';
COMMENT ON COLUMN ideamine.workflow_runs.paused_at IS 'Since when it is paused';
COMMENT ON COLUMN ideamine.workflow_runs.created_at IS 'When it was first heard of';
COMMENT ON COLUMN ideamine.workflow_runs.updated_at IS 'When its status last changed';

SELECT pg_catalog.pg_extension_config_dump('ideamine.workflow_runs', '');
GRANT SELECT ON ideamine.workflow_runs TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
