#!/usr/bin/env bash
# create_jobs() of 50,000 jobs with 100,000 edges, from JSON text, beside a COPY of the same rows into tables with
# the same keys, foreign keys and indexes (aim: within 1.5).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

# Every job but the first two waits for two earlier ones.
sql <<'SQL'
CREATE TABLE graph AS
  SELECT jsonb_agg(
    jsonb_build_object('key', 'k' || i, 'job_type', 'embed', 'payload', jsonb_build_object('page', i))
    || CASE WHEN i > 2 THEN jsonb_build_object('depends_on', jsonb_build_array(
         'k' || 1 + i * 7919 % (i - 1), 'k' || 1 + (i * 7919 % (i - 1) + 1) % (i - 1))) ELSE '{}' END
    ORDER BY i)::text AS jobs
  FROM generate_series(1, 50000) i;
CREATE SCHEMA baseline;
CREATE TABLE baseline.jobs (LIKE ideamine.jobs INCLUDING ALL);
CREATE TABLE baseline.job_dependencies (LIKE ideamine.job_dependencies INCLUDING ALL,
  FOREIGN KEY (job_id, tenant_id) REFERENCES baseline.jobs ON DELETE CASCADE,
  FOREIGN KEY (depends_on, tenant_id) REFERENCES baseline.jobs ON DELETE CASCADE);
SQL

seconds() { sql -c '\timing on' "$@" | awk '/^Time:/ { total += $2 } END { printf "%.3f\n", total / 1000 }'; }
fresh() {
    sql -c "SET client_min_messages = warning" -c "TRUNCATE ideamine.jobs CASCADE" \
        -c "TRUNCATE baseline.jobs CASCADE" -c "CHECKPOINT"
}

for ((run = 0; run < RUNS; ++run)); do
    fresh
    seconds -c "SELECT count(*) FROM ideamine.create_jobs(NULL, (SELECT jobs::jsonb FROM graph))" \
        >>"$BENCH_FOLDER/create_jobs"
    sql -c "\\copy ideamine.jobs TO '$BENCH_FOLDER/jobs.txt'" \
        -c "\\copy ideamine.job_dependencies TO '$BENCH_FOLDER/edges.txt'"
    chmod 644 "$BENCH_FOLDER"/*.txt
    fresh
    seconds -c "BEGIN" -c "COPY baseline.jobs FROM '$BENCH_FOLDER/jobs.txt'" \
        -c "COPY baseline.job_dependencies FROM '$BENCH_FOLDER/edges.txt'" -c "COMMIT" >>"$BENCH_FOLDER/copy"
done
row "rows: $(wc -l <"$BENCH_FOLDER/jobs.txt") jobs, edges" "$(wc -l <"$BENCH_FOLDER/edges.txt")"
row "COPY, seconds" "$(summary "%.2f" <"$BENCH_FOLDER/copy")"
row "create_jobs, seconds" "$(summary "%.2f" <"$BENCH_FOLDER/create_jobs")"
row "ratio (aim 1.5)" "$(ratios "$BENCH_FOLDER/create_jobs" "$BENCH_FOLDER/copy")"
