#!/usr/bin/env bash
# 500 workers that sleep in wait_for_jobs() and send a heartbeat every 30 seconds (aims: under 2 % of one core and under
# 1 MB of WAL a minute), and the same with nobody there.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

readonly workers=500 seconds=120

sql -c "ALTER SYSTEM SET max_connections = 600"
restart_server
postmaster=$(sql -c "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)")

# Hundredths of seconds that the server's processes have worked.
ticks() {
    local process
    for process in "$postmaster" $(pgrep -P "$postmaster"); do
        sed 's/.*) //' "/proc/$process/stat"
    done | awk '{ sum += $12 + $13 } END { print sum }'
}

# What the server does in a while: prints percent of a core and kilobytes of WAL a minute.
measure() {
    local cpu wal
    sql -c CHECKPOINT
    cpu=$(ticks)
    wal=$(sql -c "SELECT pg_current_wal_insert_lsn()")
    sleep "$seconds"
    echo "$(ticks) $cpu $(sql -c "SELECT pg_current_wal_insert_lsn() - '$wal'")" |
        awk -v seconds="$seconds" -v hertz="$(getconf CLK_TCK)" '
            { printf "%.2f %% of a core, %.0f kB of WAL a minute\n", 100 * ($1 - $2) / hertz / seconds, $3 / 1024 * 60 / seconds }'
}

row "nobody" "$(measure)"

sql -o /dev/null -v workers="$workers" <<'SQL'
CREATE TABLE public.idle AS
  SELECT n, ideamine.register_worker('idle') AS worker FROM generate_series(0, :workers - 1) AS n;
ALTER TABLE public.idle ADD PRIMARY KEY (n);
SQL
cat >"$BENCH_FOLDER/idle.sql" <<'SQL'
\if :registered = 0
SELECT worker FROM public.idle WHERE n = :client_id \gset
\set registered 1
\endif
CALL ideamine.wait_for_jobs(:worker, '30 seconds');
SELECT count(*) FROM ideamine.heartbeat(:worker);
SQL
"$PGBENCH" -n -M prepared -D registered=0 -f "$BENCH_FOLDER/idle.sql" -c "$workers" -j 1 -T $((seconds + 230)) >/dev/null &
load=$!
# each has done everything six times: the server plans a prepared statement of the first five
sleep 200
row "$workers idle workers (aim 2 %, 1024 kB)" "$(measure)"
row "sleepers at the end" "$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'IdeamineWaitForJobs' OR query LIKE 'CALL%'")"
kill "$load"
wait "$load" || true
