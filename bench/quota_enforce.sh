#!/usr/bin/env bash
# enforce_quota() with the row of usage that it appends:
#   - beside the INSERT of one row into a plain table with the same columns and index, over 1, 8 and 32 connections
#     without waiting for the disk, which would hide the difference (aim: within 1.35 of its time);
#   - of one hot tenant over 32 connections with synchronous commits, beside a guarded UPDATE of one row (aim: 4
#     times its rate), and beside the same for 1,000 tenants (aim: 0.8 of its rate).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sql -o /dev/null <<'SQL'
SELECT ideamine.set_quotas('tenant-' || i, max_tokens_per_day => 1e15) FROM generate_series(1, 1000) AS i;
SELECT count(*) FROM generate_series(1, 1000) AS i WHERE ideamine.has_quota('tenant-' || i, 'tokens', 1);
CREATE SCHEMA baseline;
CREATE TABLE baseline.usage (LIKE ideamine.tenant_usage);
CREATE INDEX ON baseline.usage (tenant_id, resource, window_start);
CREATE TABLE baseline.quotas (tenant_id text PRIMARY KEY, used bigint NOT NULL, most bigint NOT NULL);
INSERT INTO baseline.quotas VALUES ('tenant-1', 0, 1e15);
SQL
readonly ENFORCE="SELECT * FROM ideamine.enforce_quota('tenant-' || :n, :resource, :amount);"
write_script() { printf '\\set n random(1, %s)\n%s\n' "$2" "$3" >"$BENCH_FOLDER/$1.sql"; }
write_script enforce-one 1 "$ENFORCE"
write_script enforce-many 1000 "$ENFORCE"
write_script insert 1000 "
    INSERT INTO baseline.usage (tenant_id, resource, amount, window_start, recorded_at, run_id, job_id)
    VALUES ('tenant-' || :n, :resource, :amount, date_trunc('day', now()), now(), NULL, NULL);"
write_script update 1 "
    UPDATE baseline.quotas SET used = used + :amount WHERE tenant_id = 'tenant-' || :n AND used + :amount <= most;"
readonly ARGUMENTS=(-D resource=tokens -D amount=1)

export PGOPTIONS="-c synchronous_commit=off"
times_mixed 1 "insert enforce-many" "${ARGUMENTS[@]}"
row "INSERT, 1 connection, us" "$(summary %.1f <"$BENCH_FOLDER/insert-1")"
row "enforce_quota, us" "$(summary %.1f <"$BENCH_FOLDER/enforce-many-1")"
row "  time, ratio (aim 1.35)" "$(ratios "$BENCH_FOLDER/enforce-many-1" "$BENCH_FOLDER/insert-1")"
for connections in 8 32; do
    rates_in_turns $connections "insert enforce-many" "${ARGUMENTS[@]}"
    row "INSERT, $connections connections, rows/s" "$(summary <"$BENCH_FOLDER/insert-$connections")"
    row "enforce_quota, calls/s" "$(summary <"$BENCH_FOLDER/enforce-many-$connections")"
    row "  time, ratio (aim 1.35)" "$(ratios "$BENCH_FOLDER/insert-$connections" "$BENCH_FOLDER/enforce-many-$connections")"
done
unset PGOPTIONS

rm "$BENCH_FOLDER/enforce-many-32"
rates_in_turns 32 "update enforce-one enforce-many" "${ARGUMENTS[@]}"
row "guarded UPDATE of one row, calls/s" "$(summary <"$BENCH_FOLDER/update-32")"
row "enforce_quota, one tenant, calls/s" "$(summary <"$BENCH_FOLDER/enforce-one-32")"
row "  ratio (aim 4)" "$(ratios "$BENCH_FOLDER/enforce-one-32" "$BENCH_FOLDER/update-32")"
row "enforce_quota, 1,000 tenants, calls/s" "$(summary <"$BENCH_FOLDER/enforce-many-32")"
row "  one tenant to 1,000 (aim 0.8)" "$(ratios "$BENCH_FOLDER/enforce-one-32" "$BENCH_FOLDER/enforce-many-32")"
