#!/usr/bin/env bash
# select_preemption_victims() over 10,000 running jobs of 10 tenants that hold 0.5 to 16 cores (aim: under 20 ms): for a
# request that one of them meets, for a hundredth of what they hold, for which about fifty give way, for half of it, for which
# 4,500 do, and for more than they hold, for which nobody does.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

jobs=$(scaled 10000)

# A database without the background worker: leases stay.
sql -c "CREATE DATABASE running"
export PGDATABASE=running
sql -o /dev/null -v jobs="$jobs" <<'SQL'
CREATE EXTENSION ideamine;
SELECT ideamine.set_quotas('tenant-' || i, max_cpu_cores => 'infinity') FROM generate_series(0, 9) AS i;
SELECT count(*) FROM generate_series(0, 9) AS tenant, LATERAL (
    SELECT jsonb_agg(jsonb_build_object('job_type', 'page', 'priority_class', 'P' || 2 + i % 2,
        'needs', jsonb_build_object('cpu', (1 + (hashint4(i * 10 + tenant) & 31)) / 2.0))) AS list
    FROM generate_series(1, :jobs / 10) AS i) AS jobs,
  ideamine.create_jobs('tenant-' || tenant, jobs.list);
SELECT ideamine.register_worker('load') AS worker \gset
SELECT ideamine.acquire_jobs(:'worker', 1000, '1 day') FROM generate_series(1, :jobs / 1000 + 1);
VACUUM (ANALYZE);
CHECKPOINT;
SQL
held=$(sql -c "SELECT round(sum((needs->>'cpu')::numeric)) FROM ideamine.jobs WHERE status = 'running'")

write_script() {
    echo "SELECT count(*) FROM ideamine.select_preemption_victims(NULL, 'P1', 'cpu', $2);" >"$BENCH_FOLDER/$1.sql"
}
write_script few 8
write_script hundredth $((held / 100))
write_script half $((held / 2))
write_script more $((held + 1))
readonly REQUESTS=(few hundredth half more)

for ((run = 0; run < RUNS; ++run)); do
    for request in "${REQUESTS[@]}"; do
        times_of_calls "$request" 100 | awk '{ print $1 / 1000 }' >>"$BENCH_FOLDER/$request"
    done
done
row "running jobs, cores that they hold" "$(sql -c "SELECT count(*) FROM ideamine.jobs WHERE status = 'running'"), $held"
for request in "${REQUESTS[@]}"; do
    row "$request: victims" "$(sql -f "$BENCH_FOLDER/$request.sql")"
    row "  ms (aim 20)" "$(percentiles "$BENCH_FOLDER/$request")"
done
