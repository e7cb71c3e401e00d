-- priority: classes, what is in use, who gives way, and coming back.

CREATE OR REPLACE FUNCTION ideamine.assign_priority(
  tenant_id   text,
  job_id      uuid,
  class       text,
  reason      text DEFAULT NULL,
  overridable boolean DEFAULT true
) RETURNS TABLE (previous ideamine.priority_class, priority_class ideamine.priority_class)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_assign_priority';
COMMENT ON FUNCTION ideamine.assign_priority(text, uuid, text, text, boolean) IS
'Assigns another class to a job that has not ended, and emits priority-assigned. Votes on the job get it, too. Returns the
class that it had, and the one that it has.
tenant_id: NULL means the setting ideamine.tenant_id; class: P0 to P3, or 1 to 5 of older applications; reason: kept up to
16 kB; overridable: false means that only an administrator may assign another one from now on.
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, or the class is fixed, ID404 unknown job,
ID409 the job has ended.';
REVOKE ALL ON FUNCTION ideamine.assign_priority(text, uuid, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.assign_priority(text, uuid, text, text, boolean) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_resource_utilization(tenant_id text DEFAULT NULL) RETURNS TABLE (
  resource    ideamine.resource,
  used        numeric,
  capacity    numeric,
  utilization double precision
)
LANGUAGE C STABLE ROWS 3
AS 'MODULE_PATHNAME', 'ideamine_get_resource_utilization';
COMMENT ON FUNCTION ideamine.get_resource_utilization(text) IS
'How much of cpu (cores), memory (GB) and gpu is in use: by a tenant, of its quotas, or by the running jobs of all tenants, of
the platform''s capacity (table platform_capacity). Transactions in progress count. utilization: the share, 0 to 1; 0 where
there is no limit (capacity infinity).
tenant_id: NULL means the platform. Errors: ID403 not a tenant of the login, or the platform and a login that is bound to
tenants, ID404 unknown tenant, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.get_resource_utilization(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_resource_utilization(text) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.set_platform_capacity(
  resource text,
  capacity numeric
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_set_platform_capacity';
COMMENT ON FUNCTION ideamine.set_platform_capacity(text, numeric) IS
'Sets how much the running jobs of all tenants may hold together (table platform_capacity). It counts from the commit on: a lower one stops
nothing that runs, unless a policy says so. Returns false only if it was to be removed, and was not there.
resource: cpu (cores), memory (GB) or gpu; capacity: 0 or more, rounded up to what is counted; infinity, or NULL, which removes it: no
limit. Errors: ID400 missing or invalid argument, ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.set_platform_capacity(text, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.set_platform_capacity(text, numeric) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_preemption_candidates(
  tenant_id text,
  for_class text,
  resource  text DEFAULT NULL,
  max_jobs  integer DEFAULT 100
) RETURNS TABLE (
  tenant_id      text,
  job_id         uuid,
  priority_class ideamine.priority_class,
  run_id         uuid,
  started_at     timestamptz,
  checkpoint_at  timestamptz,
  work_lost      interval,
  preemptions    integer,
  cpu            numeric,
  memory         numeric,
  gpu            numeric
)
LANGUAGE C STABLE ROWS 100
AS 'MODULE_PATHNAME', 'ideamine_get_preemption_candidates';
COMMENT ON FUNCTION ideamine.get_preemption_candidates(text, text, text, integer) IS
'Running jobs that may be preempted for a job of some class, in the order in which they give way: of strictly lower classes (own
or inherited, whichever is higher), never P0, the lowest class first, then who loses the least work (work_lost: since its checkpoint, or its start), then who was
preempted least. Left out are those that were resumed a short time ago (ideamine.preemption_cooldown), and those that have
given way as often as they may, if these are spared. cpu (cores), memory (GB), gpu: what a job holds.
tenant_id: NULL means all tenants that the caller may see; for_class: P0 to P3, or 1 to 5 of older applications; resource:
cpu, memory or gpu, of which they hold something, NULL: whatever they hold; max_jobs: 1 to 10000.
Errors: ID400 invalid argument, ID403 not a tenant of the login, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.get_preemption_candidates(text, text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_preemption_candidates(text, text, text, integer)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.select_preemption_victims(
  tenant_id text,
  for_class text,
  resource  text,
  amount    numeric
) RETURNS TABLE (
  tenant_id      text,
  job_id         uuid,
  priority_class ideamine.priority_class,
  run_id         uuid,
  started_at     timestamptz,
  checkpoint_at  timestamptz,
  work_lost      interval,
  preemptions    integer,
  cpu            numeric,
  memory         numeric,
  gpu            numeric
)
LANGUAGE C STABLE ROWS 10
AS 'MODULE_PATHNAME', 'ideamine_select_preemption_victims';
COMMENT ON FUNCTION ideamine.select_preemption_victims(text, text, text, numeric) IS
'The smallest set of those candidates whose end frees so much; no row if all of them together do not. A class is touched only if
those below it do not free enough, all of them together; within the classes that are touched as few jobs as possible give way,
and of several such sets the one that comes first in the order of candidates. Nothing is preempted.
tenant_id, for_class: as for get_preemption_candidates(); resource: cpu, memory or gpu; amount: cores, GB or gpus, above 0.
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.select_preemption_victims(text, text, text, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.select_preemption_victims(text, text, text, numeric)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.preempt_job(
  tenant_id     text,
  job_id        uuid,
  reason        text,
  resource_type text DEFAULT NULL,
  checkpoint    jsonb DEFAULT NULL,
  grace         interval DEFAULT NULL
) RETURNS TABLE (preempted boolean, status ideamine.job_status, obstacle text, stop_by timestamptz)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_preempt_job';
COMMENT ON FUNCTION ideamine.preempt_job(text, uuid, text, text, jsonb, interval) IS
'Makes a running job give way. Without grace its lease ends at once: it is preempted, keeps its attempt number and what
checkpoint it has, what it held is free, its worker learns so at its next heartbeat, and a later result is refused. With
grace the worker is asked to stop at its next heartbeat; it saves a checkpoint and hands the job back with release_job(),
or the lease ends when grace is over. Written to preemption_history, with the event task-preempted. A job that has been
preempted ideamine.max_preemptions times fails instead (task-failed), or is spared (ideamine.fail_at_max_preemptions). P0 never gives
way; the cool-down after a resumption (ideamine.preemption_cooldown) is for policies, not for this.
Returns whether it was preempted, its status now, if not why (obstacle), and stop_by: when grace is over.
tenant_id: NULL means the setting ideamine.tenant_id; reason: kept up to 16 kB; resource_type: what is short, such as cpu, of which
the share in use of the tenant''s quota is noted;
checkpoint: where the next attempt may go on, NULL keeps what there is; grace: up to 24 hours.
Errors: ID400 missing or invalid argument, ID403 not a tenant of the login, ID404 unknown job, ID413 checkpoint too large.';
REVOKE ALL ON FUNCTION ideamine.preempt_job(text, uuid, text, text, jsonb, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.preempt_job(text, uuid, text, text, jsonb, interval) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.enforce_closings() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_enforce_closings';
COMMENT ON FUNCTION ideamine.enforce_closings() IS
'One pass of the duty that preempts running jobs whose classes were closed, by a budget or because their run was paused, and
pauses waiting ones of such runs; at most 250, and P0 may finish. They do not count towards ideamine.max_preemptions, and come
back when their classes are open again. Returns how many jobs.
Errors: ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.enforce_closings() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.enforce_closings() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.end_graces(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_end_graces';
COMMENT ON FUNCTION ideamine.end_graces(timestamptz) IS
'One pass of the duty that preempts jobs whose workers were asked to stop and did not do so in time. Returns how many.
at: the time to judge by, default now. Errors: ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.end_graces(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.end_graces(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.resume_preempted_job(
  tenant_id text,
  job_id    uuid
) RETURNS TABLE (resumed boolean, obstacle text)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_resume_preempted_job';
COMMENT ON FUNCTION ideamine.resume_preempted_job(text, uuid) IS
'Makes a preempted job pending again if what it needs is free, with its checkpoint, and emits task-resumed. Its waiting
counts from when it was preempted. Returns whether it was resumed, and if not why.
tenant_id: NULL means the setting ideamine.tenant_id. Errors: ID400 missing id, ID403 not a tenant of the login, ID404
unknown job, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.resume_preempted_job(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.resume_preempted_job(text, uuid) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.resume_preempted_jobs(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_resume_preempted_jobs';
COMMENT ON FUNCTION ideamine.resume_preempted_jobs(timestamptz) IS
'One pass of the duty that resumes the preempted jobs which now fit, of all tenants: the highest class first, within a class
who waits longest. One that does not fit lets none of its tenant pass that needs the same; one that has waited for
ideamine.aging_interval is resumed all the same, and stands in line. The background worker makes one as soon as resources come
free, and every 30 seconds. Returns how many were resumed.
at: the time to judge by, default now. Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.resume_preempted_jobs(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.resume_preempted_jobs(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.explain_preemption(job_id uuid) RETURNS TABLE (
  state       text,
  explanation text,
  related_job uuid,
  at          timestamptz
)
LANGUAGE C STABLE
AS 'MODULE_PATHNAME', 'ideamine_explain_preemption';
COMMENT ON FUNCTION ideamine.explain_preemption(uuid) IS
'When and why a job gave way, oldest first, and how it stands now. state: asked (its worker was asked to stop), preempted,
resumed; and of now: stopping (its worker has time until then), protected (it does not give way, until then), preemptible,
waiting (to be resumed, and what for). related_job: for which it gave way. Errors: ID400 missing id, ID404 unknown job.';
REVOKE ALL ON FUNCTION ideamine.explain_preemption(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.explain_preemption(uuid) TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.purge_preemption_history(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_purge_preemption_history';
COMMENT ON FUNCTION ideamine.purge_preemption_history(timestamptz) IS
'One pass of the duty that removes rows of preemption_history older than ideamine.job_retention, of jobs that are not
preempted at this moment; at most 10000 a pass. Returns how many. at: the time to judge by, default now.
Errors: ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.purge_preemption_history(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.purge_preemption_history(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.raise_waiting_jobs(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C
AS 'MODULE_PATHNAME', 'ideamine_raise_waiting_jobs';
COMMENT ON FUNCTION ideamine.raise_waiting_jobs(timestamptz) IS
'One pass of the duty that hands out jobs with a higher class which have waited for long: by one class for each
ideamine.aging_interval, never with P0. Their own class stays what it was. Returns for how many tenants and classes that
changed something. at: the time to judge by, default now. Errors: ID403 the login is bound to tenants, ID503 the library is not
preloaded.';
REVOKE ALL ON FUNCTION ideamine.raise_waiting_jobs(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.raise_waiting_jobs(timestamptz) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.pass_on_classes() RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_pass_on_classes';
COMMENT ON FUNCTION ideamine.pass_on_classes() IS
'One pass of the duty that puts inherited classes right: a job is served as the highest class of the jobs that wait for it.
Usually what makes, cancels or raises these does that at once, except for jobs that somebody else has locked at that
moment. Returns how many jobs were served as another class than they should be, at most 10000 a pass.
Errors: ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.pass_on_classes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.pass_on_classes() TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine_internal.effective_class(
  class text,
  since timestamptz
) RETURNS ideamine.priority_class
LANGUAGE C STABLE
AS 'MODULE_PATHNAME', 'ideamine_effective_class';
COMMENT ON FUNCTION ideamine_internal.effective_class(text, timestamptz) IS
'The class that a job has which waits since then: raised by one for each ideamine.aging_interval, never to P0. class: that
which it was assigned; since: NULL means that it does not wait. Errors: ID400 no such class.';
REVOKE ALL ON FUNCTION ideamine_internal.effective_class(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine_internal.effective_class(text, timestamptz)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;

-- A turn is one job of each tenant; who has the first one is left to the workers.
CREATE OR REPLACE VIEW ideamine.v_priority_queue WITH (security_invoker = true) AS
  SELECT row_number() OVER (PARTITION BY status ORDER BY effective_class, turn, ready_at, job_id) AS "position",
         tenant_id, job_id, job_type, queue, priority_class, turn, required_capabilities, ready_at,
         pg_catalog.clock_timestamp() - ready_at AS waited, status, effective_class, inherited_class
  FROM (
    SELECT *, row_number() OVER (PARTITION BY effective_class, tenant_id ORDER BY ready_at, job_id) AS turn
    FROM (
      SELECT tenant_id, job_id, job_type, queue, priority_class, required_capabilities, ready_at, status,
             ideamine_internal.effective_class(least(priority_class, inherited_class)::text, ready_at) AS effective_class,
             inherited_class
      FROM ideamine.jobs AS j
      WHERE status = 'pending' AND ready_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM ideamine.paused_queues AS q WHERE q.tenant_id = j.tenant_id AND q.queue = j.queue)) AS runnable
    UNION ALL
    SELECT tenant_id, job_id, job_type, queue, priority_class, required_capabilities, preempted_at, status,
           ideamine_internal.effective_class(least(priority_class, inherited_class)::text, preempted_at), inherited_class, 1
    FROM ideamine.jobs
    WHERE status = 'preempted') AS waiting;
COMMENT ON VIEW ideamine.v_priority_queue IS
  'Runnable jobs of all tenants, in the order in which workers that can do everything would get them, and preempted ones in the order in which they would be resumed';
COMMENT ON COLUMN ideamine.v_priority_queue."position" IS 'Place in that order, from 1; runnable and preempted jobs are counted apart';
COMMENT ON COLUMN ideamine.v_priority_queue.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.v_priority_queue.job_id IS 'The job';
COMMENT ON COLUMN ideamine.v_priority_queue.job_type IS 'What the worker is to do';
COMMENT ON COLUMN ideamine.v_priority_queue.queue IS 'Queue of the tenant that it stands in';
COMMENT ON COLUMN ideamine.v_priority_queue.priority_class IS 'The class that it was assigned, see type ideamine.priority_class';
COMMENT ON COLUMN ideamine.v_priority_queue.turn IS 'Of a runnable job its place among the jobs of its tenant and class, from 1: tenants take turns';
COMMENT ON COLUMN ideamine.v_priority_queue.required_capabilities IS 'What a worker must be able to do to get it';
COMMENT ON COLUMN ideamine.v_priority_queue.ready_at IS 'Since when it may be acquired, or is preempted';
COMMENT ON COLUMN ideamine.v_priority_queue.waited IS 'For how long';
COMMENT ON COLUMN ideamine.v_priority_queue.status IS 'pending or preempted';
COMMENT ON COLUMN ideamine.v_priority_queue.effective_class IS 'Its own or its inherited class, whichever is higher, raised for its waiting';
COMMENT ON COLUMN ideamine.v_priority_queue.inherited_class IS 'The class that it has inherited from jobs that wait for it; NULL: none above its own';
GRANT SELECT ON ideamine.v_priority_queue TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
