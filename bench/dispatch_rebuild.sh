#!/usr/bin/env bash
# Five million jobs that wait (JOBS=… for fewer), when a process is killed and the server starts anew: until the first job
# is handed out, and until all are in memory (aim 10 s).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/queue_load
jobs=${JOBS:-5000000}

sql -c "ALTER SYSTEM SET ideamine.dispatch_memory = '1GB'"
restart_server
"$load" ideamine enqueue 4 10000 "$jobs" >/dev/null
sql -c "VACUUM (ANALYZE)" -c CHECKPOINT

seconds_since() { awk -v start="$1" -v now="$(date +%s.%N)" 'BEGIN { printf "%.2f\n", now - start }'; }

for ((run = 0; run < RUNS; ++run)); do
    sql -o /dev/null -c "DO \$\$ BEGIN PERFORM pg_sleep(60); END \$\$" 2>/dev/null &
    sleep 1
    kill -9 "$(sql -c "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO %pg_sleep%' AND pid <> pg_backend_pid()")"
    wait $! || true
    until sql -o /dev/null -c "SELECT" 2>/dev/null; do sleep 0.1; done
    start=$(date +%s.%N)
    worker=$(sql -c "SELECT ideamine.register_worker('first')")
    until [ "$(sql -c "SELECT count(*) FROM ideamine.acquire_jobs('$worker')")" = 1 ]; do sleep 0.05; done
    seconds_since "$start" >>"$BENCH_FOLDER/first"
    until [ "$(sql -c "SELECT phase FROM ideamine.get_dispatch_memory()")" = loaded ]; do sleep 0.05; done
    seconds_since "$start" >>"$BENCH_FOLDER/all"
    row "in memory" "$(sql -c "SELECT ready_jobs FROM ideamine.get_dispatch_memory()")"
done
row "first of $jobs jobs, s" "$(summary "%.2f" <"$BENCH_FOLDER/first")"
row "all of them in memory, s (aim 10)" "$(summary "%.2f" <"$BENCH_FOLDER/all")"
