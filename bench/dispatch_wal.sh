#!/usr/bin/env bash
# Bytes of WAL that a job costs: to be created, and to be claimed and completed, in batches of 100 and singly, beside the
# hand-written queue.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/queue_load
readonly jobs=10000

sql -o /dev/null -f "$(dirname "$0")/baseline.sql"

wal_of() {
    local before
    before=$(sql -c "SELECT pg_current_wal_insert_lsn()")
    "$load" "$@" >/dev/null
    sql -c "SELECT ((pg_current_wal_insert_lsn() - '$before') / $jobs)::integer"
}

for queue in by-hand ideamine ideamine-exchange; do
    for batch in 100 1; do
        # pages that have been written since the checkpoint are not written whole
        "$load" "$queue" enqueue 1 "$batch" 1000 >/dev/null
        "$load" "$queue" process 1 "$batch" 1000 >/dev/null
        created=$(wal_of "$queue" enqueue 1 "$batch" "$jobs")
        sql -c "VACUUM (ANALYZE)"
        row "$queue, $batch in a call, bytes" "$created to create, $(wal_of "$queue" process 1 "$batch" "$jobs") to claim and complete"
    done
done
