#!/usr/bin/env bash
# The first check of a tenant after a restart of the server, which reads its quotas and sums its usage: 1,000 tenants
# of 10,000 with 10 million rows of usage, most of them of today and yesterday (aim: under 5 ms). Of a counter it is
# the usage of today that is summed, of a gauge all that is not rolled up.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

rows=${ROWS:-10000000}

# As tenants make them: mixed, in the order of time.
sql -o /dev/null -v rows="$rows" <<'SQL'
SET timezone = 'UTC';
SET synchronous_commit = off;
INSERT INTO ideamine.tenants (tenant_id, name, tier, metadata, created_at)
  SELECT 'tenant-' || i, 'tenant-' || i, 'enterprise', '{}', now() FROM generate_series(1, 10000) AS i;
SELECT ideamine_internal.make_day_partition('tenant_usage', day)
  FROM (SELECT current_date - i AS day FROM generate_series(0, 3) AS i) AS days
  WHERE to_regclass('ideamine.tenant_usage_' || to_char(day, 'YYYYMMDD')) IS NULL;
-- how many days ago, which part of the rows
CREATE TABLE days (ago, share) AS VALUES (3, 0.05), (2, 0.05), (1, 0.45), (0, 0.45);
-- a tenant's usage is of all its resources, or, so that many rows are summed, of its tokens or of its cpu alone
INSERT INTO ideamine.tenant_usage (tenant_id, resource, amount, window_start, recorded_at)
  SELECT 'tenant-' || tenant, resource, 1 + i % 7,
    CASE WHEN resource IN ('tokens', 'cost') THEN day::timestamptz ELSE '-infinity' END,
    day + i / (share * :rows) * length
  FROM (SELECT ago, share, (current_date - ago)::timestamptz AS day,
          least(now() - (current_date - ago)::timestamptz, interval '1 day') AS length FROM days) AS days,
    LATERAL (SELECT i, 1 + hashint8(i) & 2147483647 AS hash
             FROM generate_series(1, (share * :rows)::bigint) AS i) AS numbers,
    LATERAL (SELECT 1 + hash % 10000 AS tenant) AS tenants,
    LATERAL (SELECT CASE tenant % 3 WHEN 0 THEN 'tokens' WHEN 1 THEN 'cpu'
               ELSE (enum_range(NULL::ideamine.resource))[1 + hash / 10000 % 7]::text END::ideamine.resource
             AS resource) AS resources;
VACUUM ANALYZE ideamine.tenant_usage;
CHECKPOINT;
SQL

# The times of first checks in one session, which has checked another tenant before.
first_checks() {
    local resource=$1 tenant=$2
    {
        echo "SELECT ideamine.has_quota('tenant-9999', '$resource', 1);"
        for ((i = 0; i < 1000; ++i)); do
            echo "SELECT ideamine.has_quota('tenant-$((tenant + 3 * i))', '$resource', 1);"
        done
    } | milliseconds | tail -n 1000
}

for ((run = 0; run < RUNS; ++run)); do
    restart_server
    first_checks tokens $((3 + run % 3 * 3000)) >>"$BENCH_FOLDER/tokens"
    first_checks cpu $((1 + run % 3 * 3000)) >>"$BENCH_FOLDER/cpu"
    first_checks cpu $((2 + run % 3 * 3000)) >>"$BENCH_FOLDER/mixed"
done
row "rows of usage, of each tenant" "$(sql -c "SELECT count(*) || ', ' || count(*) / 10000 FROM ideamine.tenant_usage")"
row "cpu, of 7 resources, ms (aim 5)" "$(percentiles "$BENCH_FOLDER/mixed")"
row "only tokens (of today), ms (aim 5)" "$(percentiles "$BENCH_FOLDER/tokens")"
row "only cpu (of all days), ms (aim 5)" "$(percentiles "$BENCH_FOLDER/cpu")"
