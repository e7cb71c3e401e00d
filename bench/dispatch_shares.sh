#!/usr/bin/env bash
# A tenant with 1,000,000 jobs beside 99 with 100 jobs each: how long the 99 take, beside the time that they take when
# the big one has 100 too (aim at most 1.20). And what tenants get by their weights (aim within 5 %).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

load=$(dirname "$REPLAY")/queue_load

make_queue() {
    sql -c "CREATE DATABASE $1"
    sql -d "$1" -o /dev/null -c "CREATE EXTENSION ideamine" -c "SELECT ideamine.create_tenant('big', 'big')" \
        -c "SELECT count(ideamine.create_tenant('small-' || i, 'small')) FROM generate_series(1, 99) AS i"
}

# So many jobs for each tenant of a kind.
enqueue() {
    sql -d "$1" -o /dev/null -v kind="$2" -v jobs="$3" <<'SQL'
SELECT count(*) FROM ideamine.tenants, generate_series(1, :jobs, 10000) AS first, LATERAL (
    SELECT jsonb_agg(jsonb_build_object('job_type', 'page', 'payload', jsonb_build_object('page', n))) AS list
    FROM generate_series(first, least(:jobs, first + 9999)) AS n) AS jobs,
  ideamine.create_jobs(tenant_id, jobs.list)
  WHERE name = :'kind';
SQL
}

# Processes so many jobs. Prints the seconds from the first to the last of the small ones.
time_of_small() {
    PGDATABASE=$1 "$load" ideamine process 4 100 "$2" >/dev/null
    sql -d "$1" -c "SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM ideamine.jobs
                    WHERE tenant_id LIKE 'small%' AND created_at > now() - interval '1 hour'
                    HAVING bool_and(status = 'completed')"
}

compare_small() {
    local run database
    make_queue equal
    make_queue unequal
    enqueue unequal big 1000000
    for database in equal unequal; do
        # loads the plane
        enqueue "$database" small 10
        enqueue "$database" big 10
        PGDATABASE=$database "$load" ideamine process 4 100 1000 >/dev/null
        sql -d "$database" -c "VACUUM (ANALYZE)"
    done
    for ((run = 0; run < RUNS; ++run)); do
        for database in equal unequal unequal equal; do
            # so that the last round is none of this one's
            sql -d "$database" -o /dev/null -c "UPDATE ideamine.jobs SET created_at = created_at - interval '1 day'
                                                WHERE tenant_id LIKE 'small%'" -c "VACUUM ideamine.jobs"
            enqueue "$database" small 100
            sql -c CHECKPOINT
            if [ "$database" = equal ]; then
                enqueue equal big 100
                time_of_small equal 10000
            else
                time_of_small unequal 13000
            fi >>"$BENCH_FOLDER/$database"
        done
    done
    row "99 beside one of their size, s" "$(summary "%.3f" <"$BENCH_FOLDER/equal")"
    row "99 beside one of 1,000,000, s" "$(summary "%.3f" <"$BENCH_FOLDER/unequal")"
    row "ratio (aim 1.20)" "$(ratios "$BENCH_FOLDER/unequal" "$BENCH_FOLDER/equal")"
}

# Percent by which what a tenant got is off its share, the worst of them.
weights() {
    local weight
    sql -c "CREATE DATABASE weighted"
    sql -d weighted -c "CREATE EXTENSION ideamine"
    for weight in 50 100 200 400; do
        sql -d weighted -o /dev/null -c "SELECT ideamine.create_tenant('weight-$weight', 'weighted')" \
            -c "SELECT ideamine.set_tenant_weight('weight-$weight', $weight)"
    done
    enqueue weighted weighted 50000
    PGDATABASE=weighted "$load" ideamine process 4 100 60000 >/dev/null
    row "off their shares, % (aim 5)" "$(sql -d weighted -c "
        SELECT round(100 * max(abs(got / (weight * total / weights) - 1)), 2)
        FROM (SELECT weight, count(*) AS got, sum(count(*)) OVER () AS total, sum(weight) OVER () AS weights
              FROM ideamine.jobs JOIN ideamine.tenants USING (tenant_id)
              WHERE status = 'completed' GROUP BY tenant_id, weight) AS t")"
}

compare_small
weights
