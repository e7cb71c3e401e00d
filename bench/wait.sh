#!/usr/bin/env bash
# From sending COMMIT until a session that sleeps in wait_for_jobs() answers its client (aim: p99 under 10 ms),
# beside LISTEN and NOTIFY.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/wait_load

sql -c "CREATE SCHEMA baseline" -c "CREATE TABLE baseline.work (n integer)"
for ((run = 0; run < RUNS; ++run)); do
    for kind in ideamine notify; do
        "$load" "$kind" 200 >>"$BENCH_FOLDER/$kind"
    done
done

row "NOTIFY, ms" "$(percentiles "$BENCH_FOLDER/notify")"
row "wait_for_jobs, ms (aim p99 10)" "$(percentiles "$BENCH_FOLDER/ideamine")"
