#!/usr/bin/env bash
# What it costs to move finished jobs to history: jobs a second and WAL, beside deleting them, which is what retention would
# have to do without history; how large they are before and after; what it takes to look at one of 30 days of history; and
# what is left of a load in batches of 100 over 4 connections while all that it finishes is moved.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/queue_load
readonly jobs=100000
readonly seconds=20

# Jobs that were claimed and completed as any others.
finish_jobs() {
    sql -o /dev/null -c "TRUNCATE ideamine.jobs, ideamine.job_history"
    "$load" ideamine enqueue 4 1000 "$jobs" >/dev/null
    "$load" ideamine process 4 100 "$jobs" >/dev/null
    sql -c "VACUUM (ANALYZE) ideamine.jobs" -c CHECKPOINT
}

# Jobs a second and bytes of WAL a job of a duty that is called until nothing is left. $1: the call; $2: where to.
drain() {
    local wal start passes=0
    wal=$(sql -c "SELECT pg_current_wal_insert_lsn()")
    start=$(date +%s.%N)
    while [ "$(sql -c "SELECT $1")" -gt 0 ]; do
        passes=$((passes + 1))
        [ "$passes" -lt 1000 ] || return 1
    done
    awk -v start="$start" -v end="$(date +%s.%N)" -v jobs="$jobs" 'BEGIN { print jobs / (end - start) }' >>"$BENCH_FOLDER/$2"
    sql -c "SELECT (pg_current_wal_insert_lsn() - '$wal') / $jobs" >>"$BENCH_FOLDER/$2-wal"
}

# Of the tables whose names match, with their indexes.
bytes_of() {
    sql -c "SELECT sum(pg_total_relation_size(oid))::bigint / $jobs FROM pg_class WHERE relnamespace = 'ideamine'::regnamespace AND relname ~ '$1'"
}

for ((run = 0; run < RUNS; ++run)); do
    finish_jobs
    before=$(bytes_of "^jobs$")
    drain "moved FROM ideamine.move_to_history(now() + interval '1 day')" move
    after=$(bytes_of "^job_history_[0-9]+$")
    finish_jobs
    drain "ideamine.purge_finished_jobs('infinity')" purge
done
row "moved, jobs/s" "$(summary <"$BENCH_FOLDER/move")"
row "moved, bytes of WAL a job" "$(summary <"$BENCH_FOLDER/move-wal")"
row "deleted, jobs/s" "$(summary <"$BENCH_FOLDER/purge")"
row "deleted, bytes of WAL a job" "$(summary <"$BENCH_FOLDER/purge-wal")"
row "bytes a job, with indexes" "$before in jobs, $after in job_history"

finish_jobs
sql -o /dev/null -c "UPDATE ideamine.jobs SET finished_at = now() - trunc(random() * 30) * interval '1 day'"
sql -o /dev/null -c "SELECT ideamine.move_to_history(now() + interval '1 day') FROM generate_series(1, $jobs / 1000)"
"$load" ideamine enqueue 1 1000 "$jobs" >/dev/null
sql -c "VACUUM (ANALYZE)"
for table in jobs job_history; do
    sql -c "CREATE TABLE some_of_$table AS SELECT row_number() OVER () AS n, tenant_id, job_id FROM (
              SELECT * FROM ideamine.$table ORDER BY random() LIMIT 10000) AS picked" \
        -c "ALTER TABLE some_of_$table ADD PRIMARY KEY (n)"
    cat >"$BENCH_FOLDER/get_$table.sql" <<SQL
\\set n random(1, 10000)
SELECT g.status FROM some_of_$table AS s, ideamine.get_job(s.tenant_id, s.job_id) AS g WHERE n = :n;
SQL
done
times_mixed 1 "get_jobs get_job_history"
row "get_job() of a job in jobs, µs" "$(summary "%.1f" <"$BENCH_FOLDER/get_jobs-1")"
row "get_job() of one in history, µs" "$(summary "%.1f" <"$BENCH_FOLDER/get_job_history-1")"

# All that has ended is moved at once, as it has to be in the long run.
keep_moving() {
    while [ ! -e "$BENCH_FOLDER/stop" ]; do
        printf "SELECT ideamine.move_to_history();\n"
        sleep 0.05
    done | sql -o "$BENCH_FOLDER/moves" -c "SET ideamine.history_after = 0" -f -
}

rate_of_load() { "$load" ideamine load 4 100 "$seconds" | awk '{ sum += $NF } END { print sum / NR }'; }

for ((run = 0; run < RUNS; ++run)); do
    finish_jobs
    rate_of_load >>"$BENCH_FOLDER/stays"
    finish_jobs
    rm -f "$BENCH_FOLDER/stop"
    keep_moving &
    rate_of_load >>"$BENCH_FOLDER/moves-away"
    touch "$BENCH_FOLDER/stop"
    wait
    sql -c "SELECT count(*) FROM ideamine.jobs WHERE status = 'completed'" >>"$BENCH_FOLDER/behind"
done
row "load, jobs/s, all stays" "$(summary <"$BENCH_FOLDER/stays")"
row "load, jobs/s, all is moved" "$(summary <"$BENCH_FOLDER/moves-away")"
row "ratio" "$(ratios "$BENCH_FOLDER/moves-away" "$BENCH_FOLDER/stays")"
row "not moved at the end, jobs" "$(summary <"$BENCH_FOLDER/behind")"
