#!/usr/bin/env bash
# check_quota() and has_quota() of a tenant whose counters are loaded, with bound arguments, beside a statement that
# only returns its argument (aims: 0.85 and 0.95 of its rate), over 1, 8 and 32 connections. And has_quota() in a
# loop of one statement (aim: 1.5 million checks a second on one core), beside the loop without it.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sql -c "SELECT ideamine.set_quotas('acme', max_tokens_per_day => 1e12)"
echo 'SELECT :tenant;' >"$BENCH_FOLDER/nothing.sql"
echo 'SELECT * FROM ideamine.check_quota(:tenant, :resource, :amount);' >"$BENCH_FOLDER/check_quota.sql"
echo 'SELECT ideamine.has_quota(:tenant, :resource, :amount);' >"$BENCH_FOLDER/has_quota.sql"

for connections in 1 8 32; do
    rates_in_turns $connections "nothing check_quota has_quota" -D tenant=acme -D resource=tokens -D amount=1
    row "nothing, $connections connections, calls/s" "$(summary <"$BENCH_FOLDER/nothing-$connections")"
    for name in check_quota has_quota; do
        row "$name, $connections connections, calls/s" "$(summary <"$BENCH_FOLDER/$name-$connections")"
        row "  ratio (aim $([ $name = has_quota ] && echo 0.95 || echo 0.85))" \
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
