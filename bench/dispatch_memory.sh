#!/usr/bin/env bash
# Shared memory for each job that waits, of jobs that were created together and of such that came singly (aim 64 bytes):
# from how many find room.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/queue_load
readonly megabytes=4

# Creates jobs until there is no room for more, so many in a call.
fill() {
    local batch=$1 step=$2
    sql -o /dev/null -c "SET client_min_messages = warning" -c "TRUNCATE ideamine.jobs CASCADE"
    restart_server
    # loads the plane
    sql -o /dev/null -c "SELECT ideamine.acquire_jobs(ideamine.register_worker('first'))"
    until [ "$(sql -c "SELECT spilled_queues FROM ideamine.get_dispatch_memory()")" -gt 0 ]; do
        "$load" ideamine enqueue 1 "$batch" "$step" >/dev/null
    done
    sql -c "SELECT ready_jobs FROM ideamine.get_dispatch_memory()"
}

sql -c "ALTER SYSTEM SET ideamine.dispatch_memory = '${megabytes}MB'" -c "ALTER SYSTEM SET synchronous_commit = off"
for batch in 1000 1; do
    jobs=$(fill "$batch" 1000)
    row "bytes a job, $batch in a call (aim 64)" $((megabytes * 1024 * 1024 / jobs))
done
