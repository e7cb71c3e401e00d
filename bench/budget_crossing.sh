#!/usr/bin/env bash
# From sending the COMMIT of the charge that crosses pause_at of a run with 1,000 running jobs, until everybody sees the
# first action, the row of budget_events (aim: under 100 ms), and until everybody sees that the last job has given way (aim:
# p99 under 250 ms); beside one UPDATE of as many rows of a plain table. ROUNDS=… for other than ten for each of RUNS.
#
# The charging session reads the server's clock, which is that of the machine, in a statement right before it sends COMMIT.
# So its commit and that statement's answer are in the figures, and so are the woken worker, its transactions with their
# commits, and up to a millisecond until this session looks again: it does so after its commit, every millisecond, because
# the times in the rows are those at which the worker began its transactions, not when it had committed. The last job is
# known by closings.stopped, which is written by the transaction that preempts; what became of the jobs is checked later.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

jobs=$(scaled 1000)
rounds=${ROUNDS:-$((10 * RUNS))}
readonly RUN=00000000-0000-7000-8000-000000000001

sql -o /dev/null -v jobs="$jobs" -v run="$RUN" <<'SQL'
CREATE SCHEMA baseline;
-- When a query with the run as $1 and something else as $2 is true, looked at every so often.
CREATE FUNCTION baseline.wait_until(condition text, run text, with_what text, every double precision)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  begun constant timestamptz := clock_timestamp();
  is_so boolean;
BEGIN
  LOOP
    EXECUTE 'SELECT ' || condition INTO is_so USING run, with_what;
    IF is_so THEN
      RETURN clock_timestamp();
    END IF;
    IF clock_timestamp() > begun + interval '1 minute' THEN
      RAISE 'not so after a minute: %', condition;
    END IF;
    PERFORM pg_sleep(every);
  END LOOP;
END
$$;
SELECT ideamine.create_tenant('acme');
SELECT ideamine.set_quotas('acme', max_concurrent_runs => 'infinity');
SELECT count(*) FROM (
    SELECT jsonb_agg(jsonb_build_object('job_type', 'page', 'priority_class', 'P' || 1 + i % 3, 'run', :'run')) AS list
    FROM generate_series(1, :jobs) AS i) AS jobs,
  ideamine.create_jobs('acme', jobs.list);
CREATE TABLE baseline.jobs AS SELECT * FROM ideamine.jobs;
ALTER TABLE baseline.jobs ADD PRIMARY KEY (job_id, tenant_id);
-- what is below pause_at tells only, so that it is that threshold which stops all of them
SELECT ideamine.set_budget('acme', 'run', :'run', 1000,
  '{"throttle_at": {"at": 0.8, "action": "alert"}, "throttle_high_at": {"at": 0.9, "action": "alert"}}');
SELECT ideamine.record_cost('acme', 940, :'run');
SELECT baseline.wait_until('count(*) = 3 FROM ideamine.budget_events WHERE scope_id = $1', :'run', '', 0.1);
VACUUM (ANALYZE);
CHECKPOINT;
SQL

# Raises the budget, which brings the jobs back, so that 94 % of it are spent and only pause_at is armed again; acquires
# them; and charges 3 %. Prints milliseconds: until the row of budget_events is seen, until the last job is, and for the
# plain UPDATE.
cat >"$BENCH_FOLDER/round.sql" <<'SQL'
SELECT ceil(spent / 0.94) AS total FROM ideamine.v_budget_status WHERE scope_id = :'run' \gset
SELECT created FROM ideamine.set_budget('acme', 'run', :'run', :total) \gset
SELECT baseline.wait_until('count(*) = $2::integer FROM ideamine.jobs WHERE run_id = $1::uuid AND status = ''pending''',
  :'run', :'jobs', 0.02) AS back \gset
SELECT count(*) AS running FROM ideamine.acquire_jobs(:'worker', :jobs, '1 day') \gset
SELECT pg_sleep(0.2 + 0.3 * random()) AS slept \gset
SELECT clock_timestamp() AS began \gset
UPDATE baseline.jobs SET status = 'preempted', preempted_at = now(), preemption_reason = 'budget_exceeded';
SELECT clock_timestamp() AS updated \gset
BEGIN;
SELECT recorded FROM ideamine.record_cost('acme', 0.03 * :total, :'run') \gset
SELECT clock_timestamp() AS sent \gset
COMMIT;
SELECT baseline.wait_until('EXISTS (SELECT FROM ideamine.budget_events WHERE tenant_id = ''acme'' AND scope = ''run''
    AND scope_id = $1 AND fired_at >= $2::timestamptz AND threshold = ''pause_at'')', :'run', :'sent', 0.001) AS told \gset
SELECT baseline.wait_until('stopped = $2::integer FROM ideamine.closings WHERE tenant_id = ''acme'' AND scope = ''run''
    AND scope_id = $1', :'run', :'jobs', 0.001) AS stopped \gset
SELECT count(*) AS preempted FROM ideamine.jobs WHERE run_id = :'run' AND status = 'preempted'
  AND preemption_reason = 'budget_exceeded' \gset
SELECT extract(epoch FROM :'told'::timestamptz - :'sent') * 1000, extract(epoch FROM :'stopped'::timestamptz - :'sent') * 1000,
  extract(epoch FROM :'updated'::timestamptz - :'began') * 1000, :running, :preempted;
SQL

worker=$(sql -c "SELECT ideamine.register_worker('load')")
# the first round warms up
for ((round = 0; round <= rounds; ++round)); do
    echo "\\i $BENCH_FOLDER/round.sql"
done | sql -F ' ' -v run="$RUN" -v jobs="$jobs" -v worker="$worker" | tail -n +2 >"$BENCH_FOLDER/rounds"
awk -v jobs="$jobs" '$4 != jobs || $5 != jobs { print $4 " jobs ran and " $5 " gave way, not " jobs; exit 1 }' \
    "$BENCH_FOLDER/rounds" >&2
cut -d ' ' -f 1 "$BENCH_FOLDER/rounds" >"$BENCH_FOLDER/told"
cut -d ' ' -f 2 "$BENCH_FOLDER/rounds" >"$BENCH_FOLDER/stopped"
cut -d ' ' -f 3 "$BENCH_FOLDER/rounds" >"$BENCH_FOLDER/update"
row "rounds, jobs" "$(wc -l <"$BENCH_FOLDER/rounds"), $jobs"
row "UPDATE of as many rows, ms" "$(percentiles "$BENCH_FOLDER/update")"
row "first action, ms (aim 100)" "$(percentiles "$BENCH_FOLDER/told")"
row "last job, ms (aim p99 250)" "$(percentiles "$BENCH_FOLDER/stopped")"
row "  times the UPDATE" "$(ratios "$BENCH_FOLDER/stopped" "$BENCH_FOLDER/update")"
