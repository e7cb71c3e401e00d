#!/usr/bin/env bash
# Claiming and completing in batches of 100 over four connections, with little in the table and with much: 1,000,000
# jobs that wait beside 10,000 (aim 0.95 of the rate), 10,000 tenants beside 10 (aim 0.90), 10 million jobs that have
# finished beside none (aim 0.95; FINISHED=… for fewer).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/queue_load
finished=${FINISHED:-10000000}
readonly round=20000

# What waits finds room in the server's memory, as it is recommended for any table that is worked on.
sql -c "ALTER SYSTEM SET shared_buffers = '2GB'"
restart_server

# Databases of one server, so that they can take turns.
make_queue() {
    sql -c "CREATE DATABASE $1"
    sql -d "$1" -c "CREATE EXTENSION ideamine"
}

enqueue() {
    PGDATABASE=$1 "$load" ideamine enqueue 4 1000 "$2" >/dev/null
    sql -d "$1" -c "VACUUM (ANALYZE)"
}

make_tenants() {
    sql -d "$1" -o /dev/null -c "SELECT ideamine.create_tenant('tenant-' || i, 'tenant') FROM generate_series(1, $2) AS i"
}

# The same number of jobs for each of some tenants: one at a time in turn, as they come from many, or all of a tenant's
# at once, so that neighbours in the table are claimed at different times.
enqueue_in_turn() {
    make_tenants "$1" "$3"
    sql -d "$1" -o /dev/null -v jobs="$2" -v tenants="$3" <<'SQL'
SELECT count(*) FROM generate_series(1, :jobs) AS n,
  ideamine.create_job('tenant-' || 1 + n % :tenants, 'page', jsonb_build_object('page', n));
VACUUM (ANALYZE);
SQL
}

enqueue_together() {
    make_tenants "$1" "$3"
    sql -d "$1" -o /dev/null -v jobs="$2" -v tenants="$3" <<'SQL'
SELECT count(*) FROM generate_series(1, :tenants) AS i, (
    SELECT jsonb_agg(jsonb_build_object('job_type', 'page', 'payload', jsonb_build_object('page', n))) AS list
    FROM generate_series(1, :jobs / :tenants) AS n) AS jobs,
  ideamine.create_jobs('tenant-' || i, jobs.list);
VACUUM (ANALYZE);
SQL
}

# Jobs that finished yesterday, and have gone where the background worker takes them.
add_finished() {
    sql -d "$1" -o /dev/null -v finished="$2" <<'SQL'
SELECT ideamine.create_tenant('past', 'past');
INSERT INTO ideamine.jobs (job_id, run_at, created_at, epoch, status, priority_class, attempt, open_dependencies, dependents,
    tenant_id, required_capabilities, job_type, queue, payload, ready_at, worker_id, started_at, finished_at, lease, result)
  SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid,
    t, t, 4294967297, 'completed', 'P2', 1, 0, 0,
    'past', '{}', 'page', 'default', '{"page": 1}', t, gen_random_uuid(), t, t, '1 minute', '{"ok": true}'
  FROM generate_series(1, :finished) AS i, LATERAL (SELECT now() - interval '1 day' + i * interval '1 ms' AS t) AS at;
DO $$
BEGIN
  WHILE (SELECT more FROM ideamine.move_to_history()) LOOP
    COMMIT;
  END LOOP;
END $$;
VACUUM (ANALYZE);
CHECKPOINT;
SQL
}

process() { PGDATABASE=$1 "$load" ideamine process 4 100 "$2"; }

# Rates of two databases in turns, after each tenant has been met once, whose rules are loaded then. `refill` puts back what was taken.
compare() {
    local few=$1 many=$2 aim=$3 refill=${4:-} database run
    for database in "$few" "$many"; do
        process "$database" 10000 >/dev/null
    done
    for ((run = 0; run < RUNS; ++run)); do
        for database in "$few" "$many" "$many" "$few"; do
            [ -z "$refill" ] || enqueue "$database" "$round"
            sql -c CHECKPOINT
            process "$database" "$round" >>"$BENCH_FOLDER/$database"
        done
    done
    row "$few, jobs/s" "$(summary <"$BENCH_FOLDER/$few")"
    row "$many, jobs/s" "$(summary <"$BENCH_FOLDER/$many")"
    row "ratio (aim $aim)" "$(ratios "$BENCH_FOLDER/$many" "$BENCH_FOLDER/$few")"
}

make_queue waiting_10000
make_queue waiting_1000000
enqueue waiting_10000 20000
enqueue waiting_1000000 1010000
compare waiting_10000 waiting_1000000 0.95 refill

for order in in_turn together; do
    for tenants in 10 10000; do
        make_queue "tenants_${tenants}_$order"
        "enqueue_$order" "tenants_${tenants}_$order" $((2 * RUNS * round + 100000)) "$tenants"
    done
    compare "tenants_10_$order" "tenants_10000_$order" 0.90
done

make_queue finished_none
make_queue finished_many
enqueue finished_none 20000
enqueue finished_many 20000
add_finished finished_many "$finished"
compare finished_none finished_many 0.95 refill
