#!/usr/bin/env bash
# get_preemption_candidates(…, 10) with 1,000 and with 100,000 running jobs of 10 tenants, half of which hold cpu: those
# of all tenants that hold some, and those of one tenant, whatever they hold (aim: under 5 ms, and within 2 times of
# 1,000).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

few=$(scaled 1000)
many=$(scaled 100000)

# Room for that many leases, and for what the jobs were before.
sql -c "ALTER SYSTEM SET ideamine.dispatch_memory = '256MB'" -c "ALTER SYSTEM SET shared_buffers = '1GB'"
restart_server

# Databases of one server, so that they can take turns. The background worker is in neither: leases stay.
make_running() {
    sql -c "CREATE DATABASE $1"
    sql -d "$1" -o /dev/null -v jobs="$2" <<'SQL'
CREATE EXTENSION ideamine;
SELECT ideamine.set_quotas('tenant-' || i, max_cpu_cores => 'infinity', max_concurrent_runs => 'infinity')
  FROM generate_series(0, 9) AS i;
SELECT count(*) FROM generate_series(0, 9) AS tenant, LATERAL (
    SELECT jsonb_agg(jsonb_build_object('job_type', 'page', 'priority_class', 'P' || i % 4, 'needs',
        CASE WHEN i % 8 < 4 THEN '{"cpu": 1}' ELSE '{}' END::jsonb)) AS list
    FROM generate_series(1, :jobs / 10) AS i) AS jobs,
  ideamine.create_jobs('tenant-' || tenant, jobs.list);
SELECT ideamine.register_worker('load') AS worker \gset
SELECT ideamine.acquire_jobs(:'worker', 1000, '1 day') FROM generate_series(1, :jobs / 1000 + 1);
SELECT ideamine.save_checkpoint(tenant_id, job_id, epoch, '{"page": 1}') FROM ideamine.jobs
  WHERE status = 'running' AND hashtext(job_id::text) % 10 = 0;
VACUUM (ANALYZE);
SQL
    local running
    running=$(sql -d "$1" -c "SELECT count(*) FROM ideamine.jobs WHERE status = 'running'")
    [ "$running" -eq $(($2 / 10 * 10)) ] || { echo "$running jobs are running, not $2" >&2; exit 1; }
}

readonly CANDIDATES="SELECT job_id, work_lost FROM ideamine.get_preemption_candidates"
echo "$CANDIDATES(NULL, 'P1', 'cpu', 10);" >"$BENCH_FOLDER/all.sql"
echo "$CANDIDATES('tenant-1', 'P1', NULL, 10);" >"$BENCH_FOLDER/one.sql"

# Keeps the times of some calls, and their median.
measure() {
    PGDATABASE=running_$2 times_of_calls "$1" 200 >"$BENCH_FOLDER/round"
    awk '{ print $1 / 1000 }' "$BENCH_FOLDER/round" >>"$BENCH_FOLDER/$1-$2"
    median <"$BENCH_FOLDER/round" >>"$BENCH_FOLDER/$1-$2-medians"
}

make_running "running_few" "$few"
make_running "running_many" "$many"
sql -c CHECKPOINT
for ((run = 0; run < RUNS; ++run)); do
    for asked in all one; do
        for size in few many many few; do
            measure $asked $size
        done
    done
done
for asked in all one; do
    row "$asked, $few running, ms (aim 5)" "$(percentiles "$BENCH_FOLDER/$asked-few")"
    row "$asked, $many running, ms (aim 5)" "$(percentiles "$BENCH_FOLDER/$asked-many")"
    row "  ratio (aim 2)" "$(ratios "$BENCH_FOLDER/$asked-many-medians" "$BENCH_FOLDER/$asked-few-medians")"
done
