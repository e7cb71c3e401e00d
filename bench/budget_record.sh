#!/usr/bin/env bash
# record_cost() with the row that it appends, beside the INSERT of one row into a plain table with the same columns and
# index, over one connection, mixed in one run (aim: within 1.35 of its time), without waiting for the disk, which would
# hide the difference, and waiting for it: of 1,000 runs with a budget each, of a job, whose run has to be found, with a
# budget of their project and one of their tenant besides, and with an idempotency key besides that, which is a row more.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sql -o /dev/null <<'SQL'
SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.set_budget(tenant, 'run', '00000000-0000-7000-8000-' || lpad(i::text, 12, '0'), 1e6)
  FROM generate_series(1, 1000) AS i, unnest('{acme,globex}'::text[]) AS tenant;
SELECT ideamine.set_budget('globex', 'project', 'search', 1e6, period => 'day');
SELECT ideamine.set_budget('globex', 'tenant', NULL, 1e6, period => 'month');
CREATE SCHEMA baseline;
CREATE TABLE baseline.costs (LIKE ideamine.cost_events);
CREATE INDEX ON baseline.costs (tenant_id, run_id, day_start);
SQL
job=$(sql -c "SELECT job_id FROM ideamine.create_job('acme', 'think',
    options => '{\"run\": \"00000000-0000-7000-8000-000000000001\"}')")
readonly RUN="('00000000-0000-7000-8000-' || lpad(:n, 12, '0'))::uuid"
write_script() { printf '\\set n random(1, 1000)\n%s\n' "$2" >"$BENCH_FOLDER/$1.sql"; }
write_script insert "
    INSERT INTO baseline.costs (event_id, recorded_at, day_start, amount, kind, tenant_id, run_id, job_id, project_id,
        user_id, model, reservation_id, metadata)
    VALUES (gen_random_uuid(), now(), date_trunc('day', now()), :amount, 'actual', 'acme', $RUN, NULL, 'search', NULL,
        :model, NULL, NULL);"
write_script run "SELECT * FROM ideamine.record_cost('acme', :amount, $RUN, project => 'search', model => :model);"
write_script job "SELECT * FROM ideamine.record_cost('acme', :amount, job => '$job', model => :model);"
write_script all "SELECT * FROM ideamine.record_cost('globex', :amount, $RUN, project => 'search', model => :model);"
write_script key "SELECT * FROM ideamine.record_cost('globex', :amount, $RUN, project => 'search', model => :model,
    idempotency_key => gen_random_uuid()::text);"

# Each run is met once before, whose rules are loaded then.
sql -o /dev/null -c "
    SELECT ideamine.record_cost(tenant, 0.01, ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid)
    FROM generate_series(1, 1000) AS i, unnest('{acme,globex}'::text[]) AS tenant"

for commit in off on; do
    PGOPTIONS="-c synchronous_commit=$commit" times_mixed 1 "insert run job all key" -D amount=0.0125 -D model=gpt-4o
    row "synchronous_commit $commit: INSERT, us" "$(summary %.1f <"$BENCH_FOLDER/insert-1")"
    for kind in run job all key; do
        case $kind in
            run) row "record_cost, one budget, us" "$(summary %.1f <"$BENCH_FOLDER/run-1")" ;;
            job) row "  of a job" "$(summary %.1f <"$BENCH_FOLDER/job-1")" ;;
            all) row "  three budgets, us" "$(summary %.1f <"$BENCH_FOLDER/all-1")" ;;
            key) row "  three budgets and a key, us" "$(summary %.1f <"$BENCH_FOLDER/key-1")" ;;
        esac
        row "    ratio$([ $kind = key ] || echo " (aim 1.35)")" "$(ratios "$BENCH_FOLDER/$kind-1" "$BENCH_FOLDER/insert-1")"
    done
    rm "$BENCH_FOLDER"/*-1
done
