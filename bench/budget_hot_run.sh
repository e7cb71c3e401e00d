#!/usr/bin/env bash
# record_cost() of one run with a budget over 32 connections with synchronous commits, beside a guarded UPDATE of one row
# that says how much is spent (aim: 4 times its rate), and beside the same for 1,000 runs.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sql -o /dev/null <<'SQL'
SELECT ideamine.create_tenant('acme');
SELECT ideamine.set_budget('acme', 'run', '00000000-0000-7000-8000-' || lpad(i::text, 12, '0'), 1e6)
  FROM generate_series(1, 1000) AS i;
SELECT ideamine.record_cost('acme', 0.01, ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid)
  FROM generate_series(1, 1000) AS i;
CREATE SCHEMA baseline;
CREATE TABLE baseline.budgets (run_id uuid PRIMARY KEY, spent numeric NOT NULL, total numeric NOT NULL);
INSERT INTO baseline.budgets VALUES ('00000000-0000-7000-8000-000000000001', 0, 1e6);
SQL
readonly RUN="('00000000-0000-7000-8000-' || lpad(:n, 12, '0'))::uuid"
write_script() { printf '\\set n random(1, %s)\n%s\n' "$2" "$3" >"$BENCH_FOLDER/$1.sql"; }
write_script update 1 "
    UPDATE baseline.budgets SET spent = spent + :amount WHERE run_id = $RUN AND spent + :amount <= total;"
write_script one 1 "SELECT * FROM ideamine.record_cost('acme', :amount, $RUN);"
write_script many 1000 "SELECT * FROM ideamine.record_cost('acme', :amount, $RUN);"

rates_in_turns 32 "update one many" -D amount=0.0125
row "guarded UPDATE of one row, calls/s" "$(summary <"$BENCH_FOLDER/update-32")"
row "record_cost, one run, calls/s" "$(summary <"$BENCH_FOLDER/one-32")"
row "  ratio (aim 4)" "$(ratios "$BENCH_FOLDER/one-32" "$BENCH_FOLDER/update-32")"
row "record_cost, 1,000 runs, calls/s" "$(summary <"$BENCH_FOLDER/many-32")"
row "  one run to 1,000" "$(ratios "$BENCH_FOLDER/one-32" "$BENCH_FOLDER/many-32")"
