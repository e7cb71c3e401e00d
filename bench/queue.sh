#!/usr/bin/env bash
# acquire_jobs() and complete_jobs() in batches of 100 over four connections, beside a hand-written queue with
# FOR UPDATE SKIP LOCKED that also writes an execution row (aim: at least its rate).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/queue_load

for ((run = 0; run < RUNS; ++run)); do
    sql -o /dev/null -f "$(dirname "$0")/queue.sql"
    # each twice, in turns: who goes first has no advantage
    for queue in by-hand ideamine ideamine by-hand; do
        "$load" "$queue" process 4 100 24000 >>"$BENCH_FOLDER/$queue"
    done
done
row "SKIP LOCKED by hand, jobs/s" "$(summary <"$BENCH_FOLDER/by-hand")"
row "ideamine, jobs/s" "$(summary <"$BENCH_FOLDER/ideamine")"
row "ratio (aim 1.00)" "$(ratios "$BENCH_FOLDER/ideamine" "$BENCH_FOLDER/by-hand")"
