#include "quota_storm/tenants.hpp"

#include "quota_storm/views.hpp"

namespace storm {

namespace {

// Tight enough that most requests meet them.
constexpr auto limits =
    "max_cpu_cores => 6, max_memory_gb => 9.000000001, max_storage_gb => 40, max_gpus => 3,"
    " max_concurrent_runs => 5, max_tokens_per_day => 3000, max_cost_per_day_usd => 2.5";

void make(Session& session, const Tenant& tenant, unsigned seed) {
    const auto id = literal(tenant.id);
    session.run("SELECT ideamine.set_quotas(" + id + ", " + limits + tenant.settings + ")");
    for (const auto* user : users) {
        session.run("SELECT ideamine.update_user_quota_limits(" + id + ", " + literal(user) + ", " +
                    literal(project) + ", max_tokens_daily => 500, max_cost_daily => 1.5)");
    }
    if (tenant.midnight) {
        // as if it had moved, so that its next day begins when the new zone takes effect
        session.run(
            "UPDATE ideamine.tenant_quotas SET previous_time_zone = 'Asia/Tokyo',"
            " time_zone_since = clock_timestamp() + interval '1 second' WHERE tenant_id = " +
            id);
    }
    const bool bounded = !tenant.records && !tenant.changes;
    session.run("INSERT INTO storm.tenant VALUES (" + id + ", " + std::to_string(seed) + ", " +
                (bounded ? "true" : "false") + ", " + tenant.burst + ") ON CONFLICT DO NOTHING");
}

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

void make_all(Session& session, const std::vector<Tenant>& tenants, unsigned seed) {
    session.run(make_views);
    for (const auto& tenant : tenants) {
        make(session, tenant, seed);
    }
}

}  // namespace storm
