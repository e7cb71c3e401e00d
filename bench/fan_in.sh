#!/usr/bin/env bash
# Completing the 10,000 jobs that one job waits for, beside as many that nothing waits for: in batches of 100 (aim:
# within 1.5) and one by one (aim: within 4). And per completion the same cost for 2,500 as for 10,000 (aim: 1.2),
# so that there is no step that grows with how many are open.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# The jobs, all of them running; $1 of them, and a job that waits for them if $2 is "wide".
prepare() {
    sql -o /dev/null <<SQL
SET client_min_messages = warning;
TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.workers CASCADE;
SELECT ideamine.create_jobs(NULL, (
  SELECT jsonb_agg(jsonb_build_object('key', 'p' || i, 'job_type', 'part')) FROM generate_series(1, $1) i)
  || CASE '$2' WHEN 'wide' THEN jsonb_build_array(jsonb_build_object('job_type', 'whole', 'depends_on',
       (SELECT jsonb_agg('p' || i) FROM generate_series(1, $1) i))) ELSE '[]' END);
SELECT ideamine.register_worker('load') AS worker \gset
SELECT ideamine.acquire_jobs(:'worker', $1);
VACUUM ANALYZE ideamine.jobs;
VACUUM ANALYZE ideamine.job_dependencies;
CHECKPOINT;
SQL
}

# One statement for each $1 jobs.
statements() {
    if [ "$1" = 1 ]; then
        sql -c "SELECT format('SELECT ideamine.complete_job(NULL, %L, %s);', job_id, epoch)
                FROM ideamine.jobs WHERE status = 'running' ORDER BY job_id"
    else
        sql -c "SELECT format('SELECT count(*) FROM ideamine.complete_jobs(%L);',
                              jsonb_agg(jsonb_build_object('job_id', job_id, 'epoch', epoch)))
                FROM (SELECT job_id, epoch, row_number() OVER (ORDER BY job_id) - 1 AS n
                      FROM ideamine.jobs WHERE status = 'running') AS running
                GROUP BY n / $1 ORDER BY n / $1"
    fi
}

# Milliseconds per completion of $1 jobs in batches of $2; $3 as in prepare().
measure() {
    prepare "$1" "$3"
    statements "$2" >"$BENCH_FOLDER/statements.sql"
    # waiting for the disk would hide the difference
    PGOPTIONS="-c synchronous_commit=off" sql -c '\timing on' -f "$BENCH_FOLDER/statements.sql" |
        awk -v jobs="$1" '/^Time:/ { total += $2 } END { printf "%.5f\n", total / jobs }'
    local left
    left=$(sql -c "SELECT count(*) FROM ideamine.jobs WHERE status NOT IN ('completed', 'pending')")
    [ "$left" = 0 ] || { echo "$left jobs are neither completed nor runnable" >&2; exit 1; }
}

for ((run = 0; run < RUNS; ++run)); do
    for batch in 100 1; do
        for kind in independent wide; do
            measure 10000 $batch $kind >>"$BENCH_FOLDER/$kind-$batch"
        done
    done
    measure 2500 1 wide >>"$BENCH_FOLDER/smaller"
done
row "batches of 100: ms per completion" "$(summary %.3f <"$BENCH_FOLDER/wide-100")"
row "ratio to independent (aim 1.5)" "$(ratios "$BENCH_FOLDER/wide-100" "$BENCH_FOLDER/independent-100")"
row "one by one: ms per completion" "$(summary %.3f <"$BENCH_FOLDER/wide-1")"
row "ratio to independent (aim 4)" "$(ratios "$BENCH_FOLDER/wide-1" "$BENCH_FOLDER/independent-1")"
row "10,000 wide to 2,500 wide (aim 1.2)" "$(ratios "$BENCH_FOLDER/wide-1" "$BENCH_FOLDER/smaller")"
