#!/usr/bin/env bash
# 100,000 tenants with all seven resources each in 256 MB (aim: all of them in memory). And how much memory a counter
# takes, from how many find room in 64 MB (aim: under 300 bytes, with its share of its account).
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sql -o /dev/null <<'SQL'
INSERT INTO ideamine.tenants (tenant_id, name, tier, metadata, created_at)
  SELECT 'tenant-' || i, 'tenant-' || i, 'standard', '{}', now() FROM generate_series(1, 100000) AS i;
VACUUM ANALYZE ideamine.tenants;
SQL

# Seconds that it takes to load all, tenant by tenant.
touch_all() {
    local condition
    condition=$(printf " AND ideamine.has_quota(tenant_id, '%s', 1)" \
        cpu memory storage tokens cost gpu concurrent_runs)
    echo "SELECT count(*) FROM ideamine.tenants WHERE true$condition;" | milliseconds |
        awk '{ printf "%.1f\n", $1 / 1000 }'
}

counters() { sql -c "SELECT counters FROM ideamine.get_counter_memory()"; }

sql -c "ALTER SYSTEM SET ideamine.counter_memory = '256MB'"
restart_server
seconds=$(touch_all)
row "in 256 MB (aim 100000 and 700000)" "$(sql -c "SELECT accounts || ' accounts, ' || counters || ' counters'
                                                  FROM ideamine.get_counter_memory()")"
row "seconds to load them" "$seconds"

sql -c "ALTER SYSTEM SET ideamine.counter_memory = '64MB'"
restart_server
touch_all >/dev/null
fit=$(counters)
if [ "$fit" -lt 700000 ]; then
    row "counters that fit into 64 MB" "$fit"
    row "bytes per counter (aim 300)" $((64 * 1024 * 1024 / fit))
else
    row "bytes per counter (aim 300)" "less than $((64 * 1024 * 1024 / fit)): all fit into 64 MB"
fi
