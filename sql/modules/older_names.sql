-- access: what applications that know older names read: organizations for tenants, tasks for jobs.

CREATE OR REPLACE VIEW ideamine.organizations WITH (security_invoker = true) AS
  SELECT CASE tenant_id WHEN 'default-tenant' THEN 'default-org' ELSE tenant_id END AS organization_id,
         tenant_id, name, tier, metadata, created_at
  FROM ideamine.tenants;
COMMENT ON VIEW ideamine.organizations IS 'Tenants by their older name; default-tenant is default-org here';
COMMENT ON COLUMN ideamine.organizations.organization_id IS 'The tenant_id, or default-org for default-tenant';
COMMENT ON COLUMN ideamine.organizations.tenant_id IS 'What functions take';
COMMENT ON COLUMN ideamine.organizations.name IS 'Name for people';
COMMENT ON COLUMN ideamine.organizations.tier IS 'free, standard, premium or enterprise';
COMMENT ON COLUMN ideamine.organizations.metadata IS 'Whatever the platform keeps about it';
COMMENT ON COLUMN ideamine.organizations.created_at IS 'When it was made';
GRANT SELECT ON ideamine.organizations TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE VIEW ideamine.tasks WITH (security_invoker = true) AS
  SELECT job_id AS task_id, CASE tenant_id WHEN 'default-tenant' THEN 'default-org' ELSE tenant_id END AS organization_id,
         tenant_id, project_id, run_id, phase, job_type AS task_type, queue,
         CASE priority_class WHEN 'P0' THEN 5 WHEN 'P1' THEN 4 WHEN 'P2' THEN 3 ELSE 1 END AS priority,
         priority_class, status, payload, result, last_error AS error, attempt AS attempts, max_retries, worker_id,
         run_at, created_at, started_at, finished_at
  FROM ideamine.v_jobs;
COMMENT ON VIEW ideamine.tasks IS 'Jobs by their older name';
COMMENT ON COLUMN ideamine.tasks.task_id IS 'The job_id';
COMMENT ON COLUMN ideamine.tasks.organization_id IS 'The tenant_id, or default-org for default-tenant';
COMMENT ON COLUMN ideamine.tasks.tenant_id IS 'The tenant that it belongs to, as functions take it';
COMMENT ON COLUMN ideamine.tasks.project_id IS 'The project that it belongs to, if any';
COMMENT ON COLUMN ideamine.tasks.run_id IS 'The run that it belongs to, if any';
COMMENT ON COLUMN ideamine.tasks.phase IS 'The phase of its run, if any';
COMMENT ON COLUMN ideamine.tasks.task_type IS 'The job_type: what the worker is to do';
COMMENT ON COLUMN ideamine.tasks.queue IS 'Queue of the tenant that it stands in';
COMMENT ON COLUMN ideamine.tasks.priority IS 'The priority class as older applications count: P0 is 5, P1 is 4, P2 is 3, P3 is 1';
COMMENT ON COLUMN ideamine.tasks.priority_class IS 'See type ideamine.priority_class';
COMMENT ON COLUMN ideamine.tasks.status IS 'See type ideamine.job_status';
COMMENT ON COLUMN ideamine.tasks.payload IS 'What the worker gets';
COMMENT ON COLUMN ideamine.tasks.result IS 'What the attempt that completed it returned';
COMMENT ON COLUMN ideamine.tasks.error IS 'Error of the latest attempt that did not succeed';
COMMENT ON COLUMN ideamine.tasks.attempts IS 'How many attempts were begun';
COMMENT ON COLUMN ideamine.tasks.max_retries IS 'How often it is tried again; NULL: ideamine.max_retries';
COMMENT ON COLUMN ideamine.tasks.worker_id IS 'The worker that holds its lease, or held the latest one';
COMMENT ON COLUMN ideamine.tasks.run_at IS 'Not to be run before this time';
COMMENT ON COLUMN ideamine.tasks.created_at IS 'When it was created';
COMMENT ON COLUMN ideamine.tasks.started_at IS 'When the latest attempt was acquired';
COMMENT ON COLUMN ideamine.tasks.finished_at IS 'When it was completed, failed or cancelled';
GRANT SELECT ON ideamine.tasks TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
