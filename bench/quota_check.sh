#!/usr/bin/env bash
# check_quota() and has_quota() of a tenant whose counters are loaded, with bound arguments, beside a statement that
# only returns its argument (aims: 0.85 and 0.95 of its rate), over 1, 8 and 32 connections. And has_quota() in a
# loop of one statement (aim: 1.5 million checks a second on one core), beside the loop without it.
# Functions in C that return a row as check_quota() does, and a boolean as has_quota() does, and do nothing else, show
# what of that is the server's.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sql -c "SELECT ideamine.set_quotas('acme', max_tokens_per_day => 1e12)"
root=$(dirname "$0")/..
"${CXX:-g++}" -std=c++20 -O2 -fPIC -shared -I"$root/include" -isystem "$("$PG_CONFIG" --includedir-server)" \
    "$root/bench/quota_returned.cpp" -o "$BENCH_FOLDER/quota_returned.so"
sql -c "CREATE FUNCTION returned_row(text, text, numeric) RETURNS SETOF ideamine.quota_answer LANGUAGE C STABLE ROWS 1
        AS '$BENCH_FOLDER/quota_returned.so', 'bench_row'"
sql -c "CREATE FUNCTION returned_boolean(text, text, numeric) RETURNS boolean LANGUAGE C STABLE
        AS '$BENCH_FOLDER/quota_returned.so', 'bench_boolean'"
echo 'SELECT * FROM returned_row(:tenant, :resource, :amount);' >"$BENCH_FOLDER/returned_row.sql"
echo 'SELECT returned_boolean(:tenant, :resource, :amount);' >"$BENCH_FOLDER/returned_boolean.sql"
echo 'SELECT :tenant;' >"$BENCH_FOLDER/nothing.sql"
echo 'SELECT * FROM ideamine.check_quota(:tenant, :resource, :amount);' >"$BENCH_FOLDER/check_quota.sql"
echo 'SELECT ideamine.has_quota(:tenant, :resource, :amount);' >"$BENCH_FOLDER/has_quota.sql"

readonly FUNCTIONS=(returned_row check_quota returned_boolean has_quota)
readonly ARGUMENTS=(-D tenant=acme -D resource=tokens -D amount=1)
aim() { case $1 in check_quota) echo " (aim 0.85)" ;; has_quota) echo " (aim 0.95)" ;; esac }

times_mixed 1 "nothing ${FUNCTIONS[*]}" "${ARGUMENTS[@]}"
row "nothing, 1 connection, us" "$(summary %.1f <"$BENCH_FOLDER/nothing-1")"
for name in "${FUNCTIONS[@]}"; do
    row "$name, us" "$(summary %.1f <"$BENCH_FOLDER/$name-1")"
    row "  rate, ratio$(aim "$name")" "$(ratios "$BENCH_FOLDER/nothing-1" "$BENCH_FOLDER/$name-1")"
done
for connections in 8 32; do
    rates_in_turns $connections "nothing ${FUNCTIONS[*]}" "${ARGUMENTS[@]}"
    row "nothing, $connections connections, calls/s" "$(summary <"$BENCH_FOLDER/nothing-$connections")"
    for name in "${FUNCTIONS[@]}"; do
        row "$name, calls/s" "$(summary <"$BENCH_FOLDER/$name-$connections")"
        row "  ratio$(aim "$name")" \
            "$(ratios "$BENCH_FOLDER/$name-$connections" "$BENCH_FOLDER/nothing-$connections")"
    done
done

# Both loops convert their numbers, so that the difference is the check.
loop() {
    echo "SELECT count(*) FROM generate_series(1, 1000000) AS i WHERE $1;" | milliseconds | awk '{ printf "%.3f\n", 1000 / $1 }'
}
for ((run = 0; run < 2 * RUNS; ++run)); do
    loop "i::numeric IS NOT NULL" >>"$BENCH_FOLDER/empty-loop"
    loop "ideamine.has_quota('acme', 'tokens', i)" >>"$BENCH_FOLDER/has_quota-loop"
done
row "loop without a check, million/s" "$(summary %.2f <"$BENCH_FOLDER/empty-loop")"
row "has_quota in it, million/s (aim 1.5)" "$(summary %.2f <"$BENCH_FOLDER/has_quota-loop")"
