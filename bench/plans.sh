#!/usr/bin/env bash
# acquire_jobs() in batches of 100 with fresh, stale and no statistics, with 10,000 and with 300,000 jobs pending:
# the same statements, so the same cost (aim: within 1.3 of fresh statistics with 10,000). And what one pass of
# each sweep costs while there is nothing for it to do (aim: under 1 ms, however many jobs there are). The same for
# complete_jobs() of 100 jobs with a dependent each.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# No autovacuum that would repair what is measured.
for table in jobs job_dependencies workers; do
    sql -c "ALTER TABLE ideamine.$table SET (autovacuum_enabled = off)"
done

# With which statistics, the argument of create_jobs(), and how many calls of it.
fill() {
    sql -o /dev/null -c "SET client_min_messages = warning" \
        -c "TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.workers CASCADE"
    # statistics of an empty table, as after a long night
    [ "$1" != stale ] || sql -c "ANALYZE ideamine.jobs, ideamine.job_dependencies"
    for ((call = 0; call < $3; ++call)); do
        sql -o /dev/null -c "SELECT ideamine.create_jobs(NULL, ($2))"
    done
    [ "$1" != fresh ] || sql -c "VACUUM ANALYZE ideamine.jobs, ideamine.job_dependencies"
    [ "$1" != none ] || sql -c "DELETE FROM pg_statistic
        WHERE starelid IN ('ideamine.jobs'::regclass, 'ideamine.job_dependencies'::regclass)"
    sql -c "CHECKPOINT"
}

readonly TEN_THOUSAND_JOBS="
    SELECT jsonb_agg(jsonb_build_object('job_type', 'embed', 'payload', jsonb_build_object('page', i)))
    FROM generate_series(1, 10000) i"
readonly TEN_THOUSAND_PAIRS="
    SELECT jsonb_agg(jsonb_build_object('job_type', 'embed', 'key', i::text,
        'depends_on', CASE WHEN i > 10000 THEN jsonb_build_array((i - 10000)::text) ELSE '[]' END))
    FROM generate_series(1, 20000) i"

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

# Milliseconds per complete_jobs() of 100, the median of 30 in a new session.
measure_unblocking() {
    local worker
    worker=$(sql -c "SELECT ideamine.register_worker('load')")
    for ((i = 0; i < 40; ++i)); do
        echo "SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)) AS done
            FROM ideamine.acquire_jobs('$worker', 100) \\gset
            SELECT count(*) FROM ideamine.complete_jobs(:'done');"
    done >"$BENCH_FOLDER/complete.sql"
    PGOPTIONS="-c synchronous_commit=off" sql -c '\timing on' -f "$BENCH_FOLDER/complete.sql" |
        awk '/^Time:/ && ++n > 20 && n % 2 == 0 { print $2 }' | sort -g |
        awk '{ v[NR] = $1 } END { print v[int(NR / 2)] }'
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
            fill $statistics "$TEN_THOUSAND_JOBS" $((pending / 10000))
            measure_sweeps >>"$BENCH_FOLDER/sweeps-$pending-$statistics"
            measure >>"$BENCH_FOLDER/$pending-$statistics"
        done
    done
    for blocked in 10000 50000; do
        for statistics in fresh stale none; do
            fill $statistics "$TEN_THOUSAND_PAIRS" $((blocked / 10000))
            measure_unblocking >>"$BENCH_FOLDER/blocked-$blocked-$statistics"
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
for blocked in 10000 50000; do
    for statistics in fresh stale none; do
        name=blocked-$blocked-$statistics
        row "$blocked blocked, $statistics: ms" "$(summary %.2f <"$BENCH_FOLDER/$name")"
        row "  ratio (aim 1.3)" "$(ratios "$BENCH_FOLDER/$name" "$BENCH_FOLDER/blocked-10000-fresh")"
    done
done
