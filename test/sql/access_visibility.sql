-- What each login sees and may do: those bound to acme, to globex, to both, and one that is bound to none, the platform's.
-- The tables below are complete: whatever is added later to the extension has to be added here, or shows as missing.
SET client_min_messages = error;
SELECT current_user AS superuser \gset

-- ---- rows of both tenants in every table --------------------------------------------------------

DO $$
DECLARE
  relation regclass;
BEGIN
  FOR relation IN
    SELECT c.oid FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('ideamine', 'ideamine_internal')
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'incarnation'
  LOOP
    EXECUTE format('TRUNCATE %s CASCADE', relation);
  END LOOP;
END
$$;
SELECT count(ideamine.create_tenant(tenant)) FROM unnest('{acme,globex}'::text[]) AS tenant;
SELECT c.status FROM unnest('{acme,globex}'::text[]) AS tenant, ideamine.create_job(tenant, 'past') AS j, ideamine.cancel_job(tenant, j.job_id) AS c;
SELECT * FROM ideamine.move_to_history(now() + interval '1 day');
CREATE TEMP TABLE things (tenant text, job uuid, epoch bigint, worker uuid, dead uuid, failed_worker uuid);
DO $$
DECLARE
  tenant text;
  worker uuid;
  lease record;
  thing things;
BEGIN
  FOREACH tenant IN ARRAY '{acme,globex}'::text[] LOOP
    thing := NULL;
    thing.tenant := tenant;
    PERFORM ideamine.create_project(tenant, 'search');
    PERFORM ideamine.grant_role(tenant, tenant || '-user', 'search', 'owner');
    thing.worker := ideamine.register_worker(tenant, tenants => ARRAY[tenant]);
    thing.failed_worker := ideamine.register_worker(tenant || ' failed', tenants => ARRAY[tenant]);
    UPDATE ideamine.workers SET status = 'failed', ended_at = now() WHERE worker_id = thing.failed_worker;
    -- one that died, one that is cancelled while it runs, one whose key has expired, one that completed, one that runs
    SELECT c.job_id INTO thing.dead FROM ideamine.create_job(tenant, 'dead', options => '{"max_retries": 0}') c;
    SELECT * INTO lease FROM ideamine.acquire_jobs(thing.worker);
    PERFORM ideamine.fail_job(tenant, lease.job_id, lease.epoch, 'no good');
    PERFORM ideamine.create_job(tenant, 'stopped');
    SELECT * INTO lease FROM ideamine.acquire_jobs(thing.worker);
    PERFORM ideamine.cancel_job(tenant, lease.job_id);
    PERFORM ideamine.create_job(tenant, 'completed', options => '{"idempotency_key": "gone"}');
    UPDATE ideamine.idempotency_keys SET expires_at = now() WHERE idempotence_key = 'gone';
    PERFORM ideamine.purge_idempotency_keys();
    SELECT * INTO lease FROM ideamine.acquire_jobs(thing.worker);
    PERFORM ideamine.complete_job(tenant, lease.job_id, lease.epoch);
    PERFORM ideamine.create_job(tenant, 'gave way');
    SELECT * INTO lease FROM ideamine.acquire_jobs(thing.worker);
    PERFORM ideamine.preempt_job(tenant, lease.job_id, 'make room');
    PERFORM ideamine.create_jobs(tenant, '[{"key": "a", "job_type": "runs"}, {"job_type": "waits", "depends_on": ["a"]}]');
    SELECT j.job_id, j.epoch INTO thing.job, thing.epoch FROM ideamine.acquire_jobs(thing.worker) j;
    PERFORM ideamine.create_job(tenant, 'ready', options => '{"idempotency_key": "alive"}');
    PERFORM ideamine.create_job(tenant, 'later', run_at => '2100-01-01');
    PERFORM ideamine.pause_queue(tenant, 'slow');
    PERFORM ideamine.set_quotas(tenant, max_gpus => 4);
    PERFORM ideamine.enforce_quota(tenant, 'gpu', 1), ideamine.enforce_quota(tenant, 'gpu', 100);
    INSERT INTO ideamine.held_room SELECT j.job_id, NULL, j.tenant_id, '{"gpu": 1}', 'gpu-80', now(), now() + interval '1 day'
    FROM ideamine.jobs AS j WHERE j.tenant_id = thing.tenant AND j.job_type = 'ready';
    PERFORM ideamine.increment_user_quota(tenant, tenant || '-user', 'search', 1);
    PERFORM ideamine.set_budget(tenant, 'project', 'search', 5), ideamine.record_cost(tenant, 1, project => 'search', idempotency_key => 'once'),
      ideamine.reserve_cost(tenant, 1, project => 'search');
    PERFORM ideamine.pause_run(tenant, '00000000-0000-7000-8000-000000000002');
    INSERT INTO ideamine.budget_events VALUES (gen_random_uuid(), tenant, 'project', 'search', 'once', '-infinity', 'warn_at', 'alert',
      5, 3, 2, 60, 0, '{}', now());
    INSERT INTO ideamine.tenant_usage_rollups VALUES (tenant, 'tokens', '-infinity', '2026-01-01', 1, 1);
    INSERT INTO ideamine.cost_rollups (tenant_id, day, entry, day_start, project_id, kind, amount, events)
    VALUES (tenant, '2026-01-01', 1, '2026-01-01', 'search', 'actual', 1, 1);
    INSERT INTO things SELECT thing.*;
  END LOOP;
  PERFORM ideamine.register_worker('acme and globex', tenants => '{acme,globex}'), ideamine.register_worker('everybody''s'),
    ideamine.register_worker('nobody''s', tenants => '{}');
END
$$;
SELECT ideamine.record_violations();
SELECT ideamine.reload_counters() > 0 AS reloaded;
SELECT * FROM ideamine.load_model_prices('{"gpt": {"input_cost_per_token": 0.001, "output_cost_per_token": 0.002}}');
INSERT INTO ideamine_internal.usage_horizon VALUES (true, '-infinity');
INSERT INTO ideamine_internal.cost_horizon VALUES (true, '-infinity');
INSERT INTO ideamine.platform_capacity VALUES ('gpu', 100);

CREATE ROLE regress_acme LOGIN;
CREATE ROLE regress_globex LOGIN;
CREATE ROLE regress_both LOGIN;
CREATE ROLE regress_none LOGIN;
GRANT ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin TO regress_acme, regress_globex, regress_both, regress_none;
SELECT ideamine.bind_login('regress_acme', 'acme'), ideamine.bind_login('regress_globex', 'globex'),
       ideamine.bind_login('regress_both', 'acme'), ideamine.bind_login('regress_both', 'globex');

-- ---- tables and views ---------------------------------------------------------------------------

-- What has a column tenant_id; and what else there is, told apart by another column.
CREATE TEMP TABLE relations AS
  SELECT c.oid::regclass::text AS relation, regexp_replace(c.oid::regclass::text, '_20\d{6}$', '_<day>') AS name, c.relkind, c.oid,
         coalesce((SELECT 'tenant_id' FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped),
                  CASE WHEN c.relname IN ('workers', 'v_workers') THEN 'worker_type' END) AS told_by
  FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('ideamine', 'ideamine_internal') AND c.relkind IN ('r', 'p', 'v', 'm');

-- Every table of a tenant has row security, partitions included, and every view asks in the name of its reader.
SELECT r.relation AS without_row_security FROM relations r JOIN pg_class c ON c.oid = r.oid
WHERE r.relkind IN ('r', 'p') AND r.told_by IS NOT NULL AND NOT (c.relrowsecurity AND EXISTS (
  SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polroles = '{0}'
  AND pg_get_expr(p.polqual, p.polrelid) IN ('ideamine.sees_tenant(tenant_id)', 'ideamine.sees_tenants(tenants)')))
ORDER BY 1;
-- Prices of models are the same for all.
SELECT r.relation AS for_everybody FROM relations r JOIN pg_class c ON c.oid = r.oid WHERE r.relkind IN ('r', 'p') AND NOT c.relrowsecurity;
SELECT r.relation AS by_its_owner FROM relations r JOIN pg_class c ON c.oid = r.oid
WHERE r.relkind IN ('v', 'm') AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false);

-- As the login itself would see it, with all rights that can be granted.
CREATE FUNCTION pg_temp.seen(login text, relation text, told_by text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  PERFORM set_config('session_authorization', login, true);
  BEGIN
    EXECUTE CASE WHEN told_by IS NULL THEN format('SELECT CASE WHEN count(*) > 0 THEN ''rows'' END FROM %s', relation)
      ELSE format('SELECT string_agg(DISTINCT %I, '', '' ORDER BY %1$I) FROM %s', told_by, relation) END INTO answer;
  EXCEPTION WHEN OTHERS THEN
    answer := SQLSTATE || ' ' || SQLERRM;
  END;
  RESET SESSION AUTHORIZATION;
  RETURN coalesce(answer, '-');
END
$$;
-- Of a table by days the latest one.
SELECT DISTINCT ON (name COLLATE "C") name, pg_temp.seen('regress_acme', relation, told_by) AS acme, pg_temp.seen('regress_globex', relation, told_by) AS globex,
       pg_temp.seen('regress_both', relation, told_by) AS "both", pg_temp.seen('regress_none', relation, told_by) AS none
FROM relations ORDER BY name COLLATE "C", relation DESC;

-- Rows are all there is to see: what is counted without looking at them is no more.
SELECT set_config('session_authorization', 'regress_acme', false) \g /dev/null
SELECT (SELECT count(*) FROM ideamine.jobs) = (SELECT count(*) FROM ideamine.jobs WHERE tenant_id = 'acme') AS own_only,
       (SELECT count(*) FROM ideamine.jobs WHERE tenant_id = 'globex') AS foreign_ones;
COPY (SELECT DISTINCT tenant_id FROM ideamine.jobs) TO STDOUT;
COPY ideamine.tenants (tenant_id) TO STDOUT;
SET row_security = off;
SELECT count(*) FROM ideamine.jobs;
RESET row_security;
RESET SESSION AUTHORIZATION;

-- ---- functions ----------------------------------------------------------------------------------

-- One call of each: of a tenant <t>, with a job <j> and its epoch <e>, a worker <w>. Every function is here.
CREATE TEMP TABLE calls (function text, call text);
INSERT INTO calls VALUES
  ('acquire_jobs', 'ideamine.acquire_jobs(<w>)'),
  ('act_on_budgets', 'ideamine.act_on_budgets()'),
  ('assign_priority', $$ideamine.assign_priority(<t>, <j>, 'P1')$$),
  ('attach_worker', $$ideamine.attach_worker('no such database', '0')$$),
  ('audit_counters', 'ideamine.audit_counters()'),
  ('bind_login', $$ideamine.bind_login('regress_none', <t>)$$),
  ('budget_standing', $$ideamine_internal.budget_standing(<t>, 'project', 'search', 'once')$$),
  ('calculate_tenant_health', $$ideamine.calculate_tenant_health(<t>)$$),
  ('cancel_job', 'ideamine.cancel_job(<t>, <j>)'),
  ('check_budget', $$ideamine.check_budget(<t>, 1)$$),
  ('check_quota', $$ideamine.check_quota(<t>, 'gpu', 1)$$),
  ('check_user_quota', $$ideamine.check_user_quota(<t>, 'ann', 'search')$$),
  ('cleanup_old_usage_records', 'ideamine.cleanup_old_usage_records()'),
  ('close_day_partition', $$ideamine_internal.close_day_partition('tenant_usage', '2000-01-01')$$),
  ('complete_job', 'ideamine.complete_job(<t>, <j>, <e>)'),
  ('complete_jobs', $$ideamine.complete_jobs(jsonb_build_array(jsonb_build_object('tenant_id', <t>::text, 'job_id', <j>, 'epoch', <e>)), true)$$),
  ('create_job', $$ideamine.create_job(<t>, 'x')$$),
  ('create_job', $$ideamine.create_job(<t>, 'x', depends_on => ARRAY[<j>::uuid])$$),
  ('create_job', $$ideamine.create_job(<t>, 'x', options => '{"idempotency_key": "alive"}')$$),
  ('create_jobs', $$ideamine.create_jobs(<t>, '[{"job_type": "x"}]')$$),
  ('create_project', $$ideamine.create_project(<t>, 'search')$$),
  ('create_tenant', 'ideamine.create_tenant(<t>)'),
  ('detach_worker', $$ideamine.detach_worker('no such database', '0')$$),
  ('drain_worker', 'ideamine.drain_worker(<w>)'),
  ('copy_column_comments', $$ideamine_internal.copy_column_comments('ideamine.jobs', 'ideamine.v_jobs')$$),
  ('drop_day_partition', $$ideamine_internal.drop_day_partition('tenant_usage', '2000-01-01')$$),
  ('drop_old_costs', 'ideamine.drop_old_costs()'),
  ('effective_class', $$ideamine_internal.effective_class('P3', now())$$),
  ('end_graces', 'ideamine.end_graces()'),
  ('enforce_closings', 'ideamine.enforce_closings()'),
  ('enforce_quota', $$ideamine.enforce_quota(<t>, 'gpu', 1)$$),
  ('enforce_quotas', $$ideamine.enforce_quotas(<t>, '{"gpu": 1}')$$),
  ('estimate_cost', $$ideamine.estimate_cost('gpt', 1, 1)$$),
  ('evaluate_preemption_policy', 'ideamine.evaluate_preemption_policy()'),
  ('exchange_jobs', 'ideamine.exchange_jobs(<w>)'),
  ('exchange_jobs', $$ideamine.exchange_jobs(<w>, jsonb_build_array(jsonb_build_object('tenant_id', <t>::text, 'job_id', <j>, 'epoch', <e>)))$$),
  ('expire_cost_reservations', 'ideamine.expire_cost_reservations()'),
  ('expire_leases', 'ideamine.expire_leases()'),
  ('explain_job', 'ideamine.explain_job(<t>, <j>)'),
  ('explain_preemption', 'ideamine.explain_preemption(<j>)'),
  ('fail_job', $$ideamine.fail_job(<t>, <j>, <e>, 'boom')$$),
  ('get_background_workers', 'ideamine.get_background_workers()'),
  ('get_counter_memory', 'ideamine.get_counter_memory()'),
  ('get_dispatch_memory', 'ideamine.get_dispatch_memory()'),
  ('get_job', 'ideamine.get_job(<t>, <j>)'),
  ('get_preemption_candidates', $$ideamine.get_preemption_candidates(<t>, 'P0')$$),
  ('get_project_settings', $$ideamine.get_project_settings(<t>, 'search')$$),
  ('get_resource_utilization', 'ideamine.get_resource_utilization(<t>)'),
  ('get_runnable_jobs', 'ideamine.get_runnable_jobs(<t>)'),
  ('get_tenant_usage', $$ideamine.get_tenant_usage(<t>)$$),
  ('get_user_quota_status', $$ideamine.get_user_quota_status(<t>, 'ann', 'search')$$),
  ('give_back_unclaimed_room', 'ideamine.give_back_unclaimed_room()'),
  ('grant_role', $$ideamine.grant_role(<t>, 'u', 'search', 'viewer')$$),
  ('has_quota', $$ideamine.has_quota(<t>, 'gpu', 1)$$),
  ('has_role', $$ideamine.has_role(<t>, 'acme-user', 'search', 'viewer')$$),
  ('heartbeat', 'ideamine.heartbeat(<w>)'),
  ('idempotency_key', $$ideamine.idempotency_key('x')$$),
  ('idempotency_stats', 'ideamine.idempotency_stats(<t>)'),
  ('increment_user_quota', $$ideamine.increment_user_quota(<t>, 'ann', 'search', 1)$$),
  ('latest_heartbeat', $$ideamine.latest_heartbeat(<w>, '2000-01-01')$$),
  ('latest_possible_heartbeat', $$ideamine_internal.latest_possible_heartbeat(<w>, '2000-01-01')$$),
  ('load_model_prices', $$ideamine.load_model_prices('{}')$$),
  ('make_day_partition', $$ideamine_internal.make_day_partition('tenant_usage', '2000-01-01')$$),
  ('mark_stale_workers', 'ideamine.mark_stale_workers()'),
  ('next_work_at', 'ideamine.next_work_at(<w>)'),
  ('pause_queue', 'ideamine.pause_queue(<t>)'),
  ('pause_run', $$ideamine.pause_run(<t>, '00000000-0000-7000-8000-000000000001')$$),
  ('preempt_job', $$ideamine.preempt_job(<t>, <j>, 'make room')$$),
  ('promote_scheduled_jobs', 'ideamine.promote_scheduled_jobs()'),
  ('purge_costs', 'ideamine.purge_costs()'),
  ('pass_on_classes', 'ideamine.pass_on_classes()'),
  ('purge_dead_letters', 'ideamine.purge_dead_letters()'),
  ('move_to_history', 'ideamine.move_to_history()'),
  ('drop_old_history', 'ideamine.drop_old_history()'),
  ('purge_finished_jobs', 'ideamine.purge_finished_jobs()'),
  ('purge_idempotency_keys', 'ideamine.purge_idempotency_keys()'),
  ('purge_preemption_history', 'ideamine.purge_preemption_history()'),
  ('purge_workers', 'ideamine.purge_workers()'),
  ('readmit_waiting_jobs', 'ideamine.readmit_waiting_jobs()'),
  ('raise_waiting_jobs', 'ideamine.raise_waiting_jobs()'),
  ('record_cost', $$ideamine.record_cost(<t>, 1)$$),
  ('record_usage', $$ideamine.record_usage(<t>, 'gpu', 1)$$),
  ('record_violations', 'ideamine.record_violations()'),
  ('register_worker', $$ideamine.register_worker('x', tenants => ARRAY[<t>])$$),
  ('release_cost', $$ideamine.release_cost(<j>)$$),
  ('release_job', 'ideamine.release_job(<t>, <j>, <e>)'),
  ('release_quota', $$ideamine.release_quota(<t>, 'gpu', 1)$$),
  ('reconcile_dispatch', 'ideamine.reconcile_dispatch()'),
  ('reserve_cost', $$ideamine.reserve_cost(<t>, 1)$$),
  ('resume_preempted_job', 'ideamine.resume_preempted_job(<t>, <j>)'),
  ('resume_preempted_jobs', 'ideamine.resume_preempted_jobs()'),
  ('running_jobs', 'ideamine_internal.running_jobs()'),
  ('reload_counters', 'ideamine.reload_counters()'),
  ('reload_dispatch', 'ideamine.reload_dispatch()'),
  ('reopen_jobs', 'ideamine.reopen_jobs()'),
  ('replace_failed_worker', 'ideamine.replace_failed_worker(<f>)'),
  ('reset_all_quotas', $$ideamine.reset_all_quotas(<t>)$$),
  ('reset_user_quota', $$ideamine.reset_user_quota(<t>, 'ann', 'search')$$),
  ('resume_queue', $$ideamine.resume_queue(<t>, 'slow')$$),
  ('resume_run', $$ideamine.resume_run(<t>, '00000000-0000-7000-8000-000000000001')$$),
  ('retry_dead_letters', 'ideamine.retry_dead_letters(<t>)'),
  ('retry_dead_letters', $$ideamine.retry_dead_letters(<t>, jsonb_build_object('job_ids', jsonb_build_array(<d>)))$$),
  ('revoke_role', $$ideamine.revoke_role(<t>, 'stranger', 'search')$$),
  ('roll_up_costs', 'ideamine.roll_up_costs()'),
  ('roll_up_usage', 'ideamine.roll_up_usage()'),
  ('save_checkpoint', $$ideamine.save_checkpoint(<t>, <j>, <e>, '1')$$),
  ('secure_rows', $$ideamine_internal.secure_rows('ideamine.jobs', 'true')$$),
  ('sees_tenant', 'ideamine.sees_tenant(<t>)'),
  ('sees_tenants', 'ideamine.sees_tenants(ARRAY[<t>])'),
  ('select_preemption_victims', $$ideamine.select_preemption_victims(<t>, 'P0', 'cpu', 1)$$),
  ('set_budget', $$ideamine.set_budget(<t>, 'project', 'search', 100)$$),
  ('set_platform_capacity', $$ideamine.set_platform_capacity('gpu', 100)$$),
  ('set_preemption_policy', $$ideamine.set_preemption_policy('gpu-80', '{"resource": "gpu", "threshold": 0.9}')$$),
  ('set_project_settings', $$ideamine.set_project_settings(<t>, 'search', '{}')$$),
  ('set_quotas', $$ideamine.set_quotas(<t>, max_gpus => 100)$$),
  ('set_tenant_weight', $$ideamine.set_tenant_weight(<t>, 100)$$),
  ('settle_cost', $$ideamine.settle_cost(<j>, 1)$$),
  ('sweep_budgets', 'ideamine.sweep_budgets()'),
  ('terminate_worker', 'ideamine.terminate_worker(<w>)'),
  ('unbind_login', $$ideamine.unbind_login('regress_both', <t>)$$),
  ('update_user_quota_limits', $$ideamine.update_user_quota_limits(<t>, 'ann', 'search', 1)$$);
-- those that are called elsewhere: a procedure that needs the top level (below), and trigger functions
SELECT p.proname AS missing FROM pg_proc p
WHERE p.pronamespace::regnamespace::text IN ('ideamine', 'ideamine_internal') AND p.prorettype <> 'trigger'::regtype
  AND p.prokind <> 'p' AND p.proname NOT IN (SELECT function FROM calls)
UNION ALL SELECT function FROM calls WHERE function NOT IN (SELECT proname FROM pg_proc);

-- What a login gets for an answer, with names and ids masked: the error, or what it was told, and undone again.
CREATE FUNCTION pg_temp.answer(login text, call text, tenant text, thing things) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
  detail text;
  hint text;
BEGIN
  call := replace(replace(replace(replace(replace(replace(call, '<t>', quote_literal(tenant)), '<j>', quote_literal(thing.job)),
    '<e>', thing.epoch::text), '<w>', quote_literal(thing.worker)), '<d>', quote_literal(thing.dead)), '<f>', quote_literal(thing.failed_worker));
  PERFORM set_config('session_authorization', login, true);
  BEGIN
    EXECUTE format('SELECT count(*) || '' '' || coalesce(string_agg(DISTINCT r::text, '' ''), '''') FROM %s AS r', call) INTO answer;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = answer;
  EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    answer := CASE WHEN answer ~ '^1 (true|false)$' THEN substr(answer, 3) WHEN answer ~ '^0 ' THEN 'nothing' ELSE 'ok' END
      || CASE WHEN answer ~ 'acme' THEN ' about acme' ELSE '' END || CASE WHEN answer ~ 'globex' THEN ' about globex' ELSE '' END;
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    answer := replace(regexp_replace(concat_ws('|', SQLSTATE || ' ' || SQLERRM, detail, hint), '[0-9a-f]+-[0-9a-f]+-[47][0-9a-f-]+', '<id>', 'g'),
      quote_ident(tenant), '<t>');
  END;
  RESET SESSION AUTHORIZATION;
  RETURN answer;
END
$$;

CREATE TEMP TABLE answers AS
  SELECT c.function, c.call, ARRAY(
    SELECT pg_temp.answer('regress_none', c.call, 'acme', own) UNION ALL
    SELECT pg_temp.answer('regress_acme', c.call, 'acme', own) UNION ALL
    SELECT pg_temp.answer('regress_acme', c.call, 'globex', other) UNION ALL
    SELECT pg_temp.answer('regress_acme', c.call, 'nobody', made.thing) UNION ALL
    SELECT pg_temp.answer('regress_acme', c.call, 'acme', other) UNION ALL
    SELECT pg_temp.answer('regress_acme', c.call, 'acme', made.thing) UNION ALL
    SELECT pg_temp.answer('regress_both', c.call, 'globex', other)) AS answers
  FROM calls c, things own, things other,
    (VALUES (gen_random_uuid(), 4294967297, gen_random_uuid(), gen_random_uuid(), gen_random_uuid())) AS n (job, epoch, worker, dead, failed_worker),
    LATERAL (SELECT ROW('nobody', n.*)::things AS thing) AS made
  WHERE own.tenant = 'acme' AND other.tenant = 'globex';

-- The platform; who is bound to acme, for acme; the same for globex; for acme with ids of globex; who is bound to both, for globex.
\x on
SELECT call, split_part(answers[1], '|', 1) AS platform, split_part(answers[2], '|', 1) AS own, split_part(answers[3], '|', 1) AS "foreign",
       split_part(answers[5], '|', 1) AS foreign_id, split_part(answers[7], '|', 1) AS "both"
FROM answers ORDER BY call COLLATE "C";
\x off

-- Nothing tells a tenant or an id that belongs to somebody else from one that does not exist, details and hints included,
-- and nothing of another tenant is in an answer.
SELECT call, answers[3] AS for_globex, answers[4] AS for_nobody FROM answers WHERE answers[3] <> answers[4];
SELECT call, answers[5] AS of_globex, answers[6] AS of_nobody FROM answers WHERE answers[5] <> answers[6];

SELECT call, answers[2:6] FROM answers WHERE array_to_string(answers[2:6], ' ') ~ 'about globex';

-- By a connection of its own: waiting, for its own worker and for another's.
SELECT worker AS own FROM things WHERE tenant = 'acme' \gset
SELECT worker AS other FROM things WHERE tenant = 'globex' \gset
SELECT worker_id AS everybodys FROM ideamine.workers WHERE worker_type = 'everybody''s' \gset
\c - regress_acme
\set SHOW_CONTEXT never
CALL ideamine.wait_for_jobs(:'own', '0');
\set VERBOSITY sqlstate
CALL ideamine.wait_for_jobs(:'other', '0');
CALL ideamine.wait_for_jobs(:'everybodys', '0');
CALL ideamine.wait_for_jobs(gen_random_uuid(), '0');
\set VERBOSITY default
\c - :superuser
TRUNCATE ideamine.tenant_logins, ideamine.models, ideamine.job_history, ideamine_internal.usage_horizon, ideamine.platform_capacity, ideamine.budgets,
  ideamine.budget_events, ideamine.closings, ideamine.workflow_runs, ideamine.cost_events, ideamine.cost_rollups,
  ideamine.cost_keys, ideamine.cost_reservations, ideamine_internal.cost_horizon, ideamine.held_room;
SELECT ideamine.reload_counters() > 0 AS reloaded;
DROP ROLE regress_acme, regress_globex, regress_both, regress_none;
