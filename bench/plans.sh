#!/usr/bin/env bash
# acquire_jobs() in batches of 100 with fresh, stale and no statistics, with 10,000 and with 300,000 jobs pending:
# the same statements, so the same cost (aim: within 1.3 of fresh statistics with 10,000). And what one pass of
# each sweep costs while there is nothing for it to do (aim: under 1 ms, however many jobs there are).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# No autovacuum that would repair what is measured.
for table in jobs workers; do
    sql -c "ALTER TABLE ideamine.$table SET (autovacuum_enabled = off)"
done

fill() {
    sql -o /dev/null -c "SET client_min_messages = warning" \
        -c "TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.workers CASCADE"
    # statistics of an empty table, as after a long night
    [ "$2" != stale ] || sql -c "ANALYZE ideamine.jobs"
    local left=$1
    while [ "$left" -gt 0 ]; do
        sql -o /dev/null -c "SELECT ideamine.create_jobs(NULL, (
          SELECT jsonb_agg(jsonb_build_object('job_type', 'embed', 'payload', jsonb_build_object('page', i)))
          FROM generate_series(1, least($left, 50000)) i))"
        left=$((left - 50000))
    done
    [ "$2" != fresh ] || sql -c "VACUUM ANALYZE ideamine.jobs"
    [ "$2" != none ] || sql -c "DELETE FROM pg_statistic WHERE starelid = 'ideamine.jobs'::regclass"
    sql -c "CHECKPOINT"
}

# Milliseconds per batch, the median of 50 in a new session.
measure() {
    local worker
    worker=$(sql -c "SELECT ideamine.register_worker('load')")
    for ((i = 0; i < 60; ++i)); do
        echo "SELECT count(*) FROM ideamine.acquire_jobs('$worker', 100);"
    done >"$BENCH_FOLDER/acquire.sql"
    PGOPTIONS="-c synchronous_commit=off" sql -c '\timing on' -f "$BENCH_FOLDER/acquire.sql" |
        awk '/^Time:/ && ++n > 10 { print $2 }' | sort -g | awk '{ v[NR] = $1 } END { print v[int(NR / 2)] }'
}

# Milliseconds for one pass of all sweeps, the median of 20 in a new session.
measure_sweeps() {
    for ((i = 0; i < 30; ++i)); do
        echo "SELECT (SELECT count(*) FROM ideamine.mark_stale_workers()),
                     (SELECT count(*) FROM ideamine.expire_leases()),
                     ideamine.promote_scheduled_jobs(), ideamine.readmit_waiting_jobs();" | tr -d '\n'
        echo
    done >"$BENCH_FOLDER/sweeps.sql"
    sql -c '\timing on' -f "$BENCH_FOLDER/sweeps.sql" |
        awk '/^Time:/ && ++n > 10 { print $2 }' | sort -g | awk '{ v[NR] = $1 } END { print v[int(NR / 2)] }'
}

for ((run = 0; run < RUNS; ++run)); do
    for pending in 10000 300000; do
        for statistics in fresh stale none; do
            fill $pending $statistics
            measure_sweeps >>"$BENCH_FOLDER/sweeps-$pending-$statistics"
            measure >>"$BENCH_FOLDER/$pending-$statistics"
        done
    done
done
for pending in 10000 300000; do
    for statistics in fresh stale none; do
        name=$pending-$statistics
        row "$pending pending, $statistics: ms" "$(summary %.2f <"$BENCH_FOLDER/$name")"
        row "  ratio (aim 1.3)" "$(ratios "$BENCH_FOLDER/$name" "$BENCH_FOLDER/10000-fresh")"
        row "  all sweeps: ms (aim 1)" "$(summary %.2f <"$BENCH_FOLDER/sweeps-$name")"
    done
done
