-- priority: what the platform has, who gave way to whom, and by which rules.

CREATE TABLE ideamine.platform_capacity (
  resource   ideamine.resource NOT NULL PRIMARY KEY
             CONSTRAINT platform_capacity_resource_held CHECK (resource IN ('cpu', 'memory', 'gpu')),
  capacity   numeric NOT NULL CONSTRAINT platform_capacity_valid CHECK (capacity >= 0 AND capacity <> 'NaN'),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE ideamine.platform_capacity IS
  'How much the running jobs of all tenants may hold together; set_platform_capacity() writes it. What has no row has no limit. A change counts from its commit on';
COMMENT ON COLUMN ideamine.platform_capacity.resource IS 'cpu, memory or gpu';
COMMENT ON COLUMN ideamine.platform_capacity.capacity IS 'Cores, GB or gpus; infinity: no limit';
COMMENT ON COLUMN ideamine.platform_capacity.updated_at IS 'When it was last set';

-- No foreign key to jobs: what was preempted is history, and may be looked at after the job is gone.
CREATE TABLE ideamine.preemption_history (
  job_id         uuid NOT NULL,
  epoch          bigint NOT NULL,
  asked_at       timestamptz NOT NULL,
  preempted_at   timestamptz,
  resumed_at     timestamptz,
  beneficiary    uuid,
  run_id         uuid,
  priority_class ideamine.priority_class NOT NULL,
  resource_type  ideamine.resource,
  threshold      double precision,
  utilization    double precision,
  tenant_id      text COLLATE "C" NOT NULL,
  reason         text NOT NULL,
  checkpoint     jsonb,
  metadata       jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (job_id, epoch, tenant_id)
);
COMMENT ON TABLE ideamine.preemption_history IS 'Leases that were ended, or asked to end, so that others could run';
COMMENT ON COLUMN ideamine.preemption_history.job_id IS 'The job that gave way';
COMMENT ON COLUMN ideamine.preemption_history.epoch IS 'The lease that ended';
COMMENT ON COLUMN ideamine.preemption_history.asked_at IS 'When that was decided';
COMMENT ON COLUMN ideamine.preemption_history.preempted_at IS 'When the lease ended; NULL: its worker has grace, or ended the attempt in another way';
COMMENT ON COLUMN ideamine.preemption_history.resumed_at IS 'When the job was resumed; NULL: it was not';
COMMENT ON COLUMN ideamine.preemption_history.beneficiary IS 'The job for which it gave way; NULL: for none in particular';
COMMENT ON COLUMN ideamine.preemption_history.run_id IS 'Run of the job that gave way, if any';
COMMENT ON COLUMN ideamine.preemption_history.priority_class IS 'The class that it was served as: its own or an inherited one';
COMMENT ON COLUMN ideamine.preemption_history.resource_type IS 'What was short; NULL: nothing in particular';
COMMENT ON COLUMN ideamine.preemption_history.threshold IS 'The share of it in use from which on the rule holds, if a rule decided';
COMMENT ON COLUMN ideamine.preemption_history.utilization IS 'The share of it that was in use';
COMMENT ON COLUMN ideamine.preemption_history.tenant_id IS 'Tenant of the job that gave way';
COMMENT ON COLUMN ideamine.preemption_history.reason IS 'Why; budget_exceeded: for a budget';
COMMENT ON COLUMN ideamine.preemption_history.checkpoint IS 'Where its next attempt may go on';
COMMENT ON COLUMN ideamine.preemption_history.metadata IS 'What else is to be known: grace, how long its worker had to hand it back';

CREATE INDEX preemption_history_by_time ON ideamine.preemption_history (asked_at);
COMMENT ON INDEX ideamine.preemption_history_by_time IS 'By time, for retention';
-- Not by tenant first: a statement that is planned while the table is empty would find jobs by that.
CREATE INDEX preemption_history_by_resource ON ideamine.preemption_history (resource_type, asked_at);
COMMENT ON INDEX ideamine.preemption_history_by_resource IS 'By what was short';

SELECT pg_catalog.pg_extension_config_dump('ideamine.platform_capacity', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.preemption_history', '');
GRANT SELECT ON ideamine.platform_capacity, ideamine.preemption_history
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
