#!/usr/bin/env bash
# calculate_tenant_health() of 10,000 tenants in one statement (aim: 500 ms), each with a violation, some usage, and
# its counters in memory.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

if [ -z "$(sql -c "SELECT to_regprocedure('ideamine.calculate_tenant_health(text)')")" ]; then
    row "calculate_tenant_health" "not there yet"
    exit
fi

sql -o /dev/null <<'SQL'
INSERT INTO ideamine.tenants (tenant_id, name, tier, metadata, created_at)
  SELECT 'tenant-' || i, 'tenant-' || i, 'standard', '{}', now() FROM generate_series(1, 10000) AS i;
SELECT count(*) FROM ideamine.tenants, ideamine.enforce_quota(tenant_id, 'cpu', 1) AS cpu,
  ideamine.enforce_quota(tenant_id, 'tokens', 9500000) AS tokens;
INSERT INTO ideamine.quota_violations
  SELECT gen_random_uuid(), now(), now(), 1, tenant_id, 'gpu', 'reject', 'medium', 1, 2, 2, 1, 20 FROM ideamine.tenants;
SELECT count(*) FROM ideamine.tenants, unnest(enum_range(NULL::ideamine.resource)) AS resource
  WHERE ideamine.has_quota(tenant_id, resource::text, 1);
VACUUM ANALYZE ideamine.quota_violations;
SQL
for ((run = 0; run <= RUNS; ++run)); do
    echo "SELECT sum(ideamine.calculate_tenant_health(tenant_id)) FROM ideamine.tenants;"
done | milliseconds | tail -n +2 >"$BENCH_FOLDER/health"
row "10,000 tenants, ms (aim 500)" "$(summary <"$BENCH_FOLDER/health")"
