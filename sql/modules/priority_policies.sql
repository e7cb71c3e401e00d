-- priority: rules by which jobs give way, and the room that is held meanwhile.

CREATE OR REPLACE FUNCTION ideamine.evaluate_preemption_policy(policy jsonb DEFAULT NULL) RETURNS TABLE (
  policy             text,
  resource           ideamine.resource,
  threshold          double precision,
  utilization        double precision,
  beneficiary_tenant text,
  beneficiary        uuid,
  beneficiary_class  ideamine.priority_class,
  action             text,
  tenant_id          text,
  job_id             uuid,
  priority_class     ideamine.priority_class,
  explanation        text
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_evaluate_preemption_policy';
COMMENT ON FUNCTION ideamine.evaluate_preemption_policy(jsonb) IS
'One round of the duty that has running jobs give way to waiting ones. It looks at P0 and P1 jobs at the heads of their queues
(by their assigned class) that do not fit, and that would run if they did: the highest class first, then who waits longest. If
policies hold for all that such a job is short of, of its tenant''s quota or of the platform, the fewest jobs that free enough
give way, and the room is held for it (table held_room), in one transaction. Otherwise nobody gives way for it. A round takes
at most ideamine.preemption_round_share of the running jobs, but what the first of them needs; the next one follows at once. With ideamine.preemption_grace workers are asked to stop first.
Who gave way as often as it may fails, or is spared (ideamine.fail_at_max_preemptions) while such jobs hold no more than
ideamine.preemption_spared_share of what is short. What nobody acquires in ideamine.held_room_timeout is given back.
Returns a row for each job that gave way, or for each waiting job for which nobody did. policy, threshold: the rule that
decided; resource, utilization: what is short, and the share in use; beneficiary, with its tenant and class: the waiting job;
action: preempted, asked (its worker was asked to stop), failed, held (what others free is enough for this one, too) or none;
tenant_id, job_id, priority_class: of the job that gave way; explanation: why nobody did.
policy: {resource, threshold, for_class (default P1), victims (default ["P3", "P2"]), together (default false), enabled}, see
table preemption_policies; NULL means all that are enabled there.
Errors: ID400 invalid policy, ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.evaluate_preemption_policy(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.evaluate_preemption_policy(jsonb) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.set_preemption_policy(
  name   text,
  policy jsonb
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_set_preemption_policy';
COMMENT ON FUNCTION ideamine.set_preemption_policy(text, jsonb) IS
'Adds a rule by which jobs give way, or changes it. A shipped one of its name does not hold any more. Returns false only if it was to
be removed, and was not there.
name: up to 255 bytes; policy: as for evaluate_preemption_policy(), with enabled (default true): false means that neither this
nor a shipped one of its name holds; NULL removes it, and a shipped one holds again.
Errors: ID400 missing name or invalid policy, ID403 the login is bound to tenants.';
REVOKE ALL ON FUNCTION ideamine.set_preemption_policy(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.set_preemption_policy(text, jsonb) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.give_back_unclaimed_room(at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_give_back_unclaimed_room';
COMMENT ON FUNCTION ideamine.give_back_unclaimed_room(timestamptz) IS
'One pass of the duty that gives back room which was held for too long (ideamine.held_room_timeout), or for jobs that cannot be
acquired any more: they have ended, or have got another class, or their queue is paused. Returns for how many jobs.
at: the time to judge by, default now. Errors: ID403 the login is bound to tenants, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.give_back_unclaimed_room(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.give_back_unclaimed_room(timestamptz) TO ideamine_admin;
