#!/usr/bin/env bash
# What it costs to cross the wall between the server and C++ (aim: within 1.05 of a C function), by
# pgbench with both functions mixed in one run; once per statement, and 10,000 times per statement.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

root=$(dirname "$0")/..
"${CXX:-g++}" -std=c++20 -O2 -fPIC -shared -I"$root/include" -isystem "$("$PG_CONFIG" --includedir-server)" \
    "$root/bench/boundary.cpp" "$root/src/pg/error.cpp" "$root/src/error.cpp" -o "$BENCH_FOLDER/boundary.so"
for name in plain boundary; do
    sql -c "CREATE FUNCTION bench_$name(integer) RETURNS integer LANGUAGE C STRICT
            AS '$BENCH_FOLDER/boundary.so', 'bench_$name'"
    echo "SELECT bench_$name(1);" >"$BENCH_FOLDER/$name-once.sql"
    echo "SELECT sum(bench_$name(i)) FROM generate_series(1, 10000) i;" >"$BENCH_FOLDER/$name-loop.sql"
done

# Milliseconds per statement of the two scripts, from one run of pgbench.
measure() {
    "$PGBENCH" -n -M prepared -c 2 -T 5 -f "$BENCH_FOLDER/plain-$1.sql" -f "$BENCH_FOLDER/boundary-$1.sql" |
        sed -n 's/^ - latency average = \([0-9.]*\) ms$/\1/p'
}

for how in once loop; do
    for ((run = 0; run < RUNS; ++run)); do
        measure "$how" >"$BENCH_FOLDER/latencies"
        sed -n 1p "$BENCH_FOLDER/latencies" >>"$BENCH_FOLDER/plain-$how"
        sed -n 2p "$BENCH_FOLDER/latencies" >>"$BENCH_FOLDER/boundary-$how"
    done
    row "plain C function, $how, ms" "$(summary "%.3f" <"$BENCH_FOLDER/plain-$how")"
    row "behind the boundary, $how, ms" "$(summary "%.3f" <"$BENCH_FOLDER/boundary-$how")"
    row "ratio, $how (aim 1.05)" "$(ratios "$BENCH_FOLDER/boundary-$how" "$BENCH_FOLDER/plain-$how")"
done
