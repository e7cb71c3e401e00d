#include "quota_storm/tenants.hpp"

namespace storm {

namespace {

// Tight enough that most requests meet them.
constexpr auto limits =
    "max_cpu_cores => 6, max_memory_gb => 9.000000001, max_storage_gb => 40, max_gpus => 3,"
    " max_concurrent_runs => 5, max_tokens_per_day => 3000, max_cost_per_day_usd => 2.5";

std::string with_limits(const std::vector<Tenant>& tenants) {
    std::string values;
    for (const auto& tenant : tenants) {
        if (!tenant.records && !tenant.changes) {
            values +=
                (values.empty() ? "" : ", ") + ("('" + tenant.id + "', ") + tenant.burst + ")";
        }
    }
    return "(VALUES " + values + ") AS tenant (tenant_id, burst)";
}

// What the limit of a resource may be passed by.
constexpr auto factor = "CASE WHEN resource::text IN ('cpu', 'memory') THEN burst ELSE 1 END";

}  // namespace

std::vector<Tenant> tenants_of(unsigned seed) {
    const auto id = [seed](const char* what) {
        return "storm" + std::to_string(seed) + "-" + what;
    };
    return {
        {.id = id("tight"),
         .settings = ", burst_percent => 0, throttle_enabled => false",
         .burst = "1"},
        {.id = id("bursting"), .settings = ", burst_seconds => 1, throttle_enabled => false"},
        {.id = id("throttled"),
         .settings = ", burst_percent => 0, throttle_threshold => 0.5",
         .burst = "1"},
        {.id = id("recorded"), .settings = "", .records = true},
        {.id = id("changed"), .settings = ", throttle_enabled => false", .changes = true},
        {.id = id("midnight"),
         .settings = ", burst_percent => 0, throttle_enabled => false",
         .burst = "1",
         .midnight = true},
    };
}

void make(Session& session, const Tenant& tenant) {
    session.run("SELECT ideamine.set_quotas('" + tenant.id + "', " + limits + tenant.settings +
                ")");
    if (tenant.midnight) {
        // as if it had moved, so that its next day begins when the new zone takes effect
        session.run(
            "UPDATE ideamine.tenant_quotas SET previous_time_zone = 'Asia/Tokyo',"
            " time_zone_since = clock_timestamp() + interval '1 second' WHERE tenant_id = '" +
            tenant.id + "'");
    }
}

std::string wrong_counters(const std::vector<Tenant>& tenants) {
    return "SELECT tenant_id, resource, current, \"limit\""
           " FROM " +
           with_limits(tenants) +
           ", unnest(enum_range(NULL::ideamine.resource)) AS resource,"
           " LATERAL ideamine.check_quota(tenant_id, resource::text, 1)"
           " WHERE current < 0 OR current > \"limit\" * " +
           factor;
}

std::string wrong_sums(const std::vector<Tenant>& tenants) {
    return "SELECT tenant_id, resource, window_start, sum(amount), max(\"limit\")"
           " FROM " +
           with_limits(tenants) +
           " JOIN ideamine.tenant_usage USING (tenant_id)"
           " JOIN ideamine.tenant_quotas q USING (tenant_id),"
           " LATERAL (VALUES ('cpu', max_cpu_cores), ('memory', max_memory_gb),"
           "  ('storage', max_storage_gb), ('tokens', max_tokens_per_day),"
           "  ('cost', max_cost_per_day_usd), ('gpu', max_gpus),"
           "  ('concurrent_runs', max_concurrent_runs)) AS l (name, \"limit\")"
           " WHERE name = resource::text"
           " GROUP BY tenant_id, resource, window_start, burst"
           " HAVING sum(amount) < 0 OR sum(amount) > max(\"limit\") * " +
           factor;
}

std::string differences() {
    return "SELECT tenant_id, resource, window_start, counter.current, rows.sum, "
           "counter.\"limit\", l.\"limit\""
           " FROM ideamine.tenant_quotas q,"
           " LATERAL (VALUES ('cpu', max_cpu_cores), ('memory', max_memory_gb),"
           "  ('storage', max_storage_gb), ('tokens', max_tokens_per_day),"
           "  ('cost', max_cost_per_day_usd), ('gpu', max_gpus),"
           "  ('concurrent_runs', max_concurrent_runs)) AS l (resource, \"limit\"),"
           " LATERAL (SELECT CASE WHEN resource IN ('tokens', 'cost')"
           "  THEN CASE WHEN time_zone_since > now() THEN date_trunc('day', now(), "
           "previous_time_zone)"
           "   ELSE greatest(date_trunc('day', now(), time_zone), time_zone_since) END"
           "  ELSE '-infinity' END AS window_start) AS w,"
           " LATERAL (SELECT coalesce(sum(amount), 0) AS sum FROM ("
           "  SELECT u.amount FROM ideamine.tenant_usage u WHERE u.tenant_id = q.tenant_id"
           "   AND u.resource = l.resource::ideamine.resource AND u.window_start = w.window_start"
           "  UNION ALL SELECT r.amount FROM ideamine.tenant_usage_rollups r"
           "   WHERE r.tenant_id = q.tenant_id AND r.resource = l.resource::ideamine.resource"
           "   AND r.window_start = w.window_start) AS one) AS rows,"
           " LATERAL ideamine.check_quota(tenant_id, l.resource, 1) AS counter"
           " WHERE tenant_id LIKE 'storm%'"
           " AND (counter.current <> rows.sum OR counter.\"limit\" <> l.\"limit\")"
           " ORDER BY 1, 2";
}

}  // namespace storm
