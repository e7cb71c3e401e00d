#include "quota/set_quotas_store.hpp"

#include <cmath>

#include "access/tenant.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/tenant_ledger_store.hpp"
#include "quota/zone_store.hpp"

namespace ideamine::quota {

namespace {

constinit pg::Statement set_tier{"UPDATE ideamine.tenants SET tier = $2 WHERE tenant_id = $1"};

// Two callers change a row one after the other: a new one is made before it is locked.
constinit pg::Statement make_row{
    "INSERT INTO ideamine.tenant_quotas (tenant_id, max_cpu_cores, max_memory_gb, max_storage_gb,"
    "  max_tokens_per_day, max_cost_per_day_usd, max_gpus, max_concurrent_runs, burst_percent,"
    "  burst_seconds, throttle_enabled, throttle_threshold, time_zone, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    " ON CONFLICT (tenant_id) DO NOTHING"};

constinit pg::Statement change_row{
    "UPDATE ideamine.tenant_quotas SET max_cpu_cores = coalesce($2, max_cpu_cores),"
    "  max_memory_gb = coalesce($3, max_memory_gb), max_storage_gb = coalesce($4, max_storage_gb),"
    "  max_tokens_per_day = coalesce($5, max_tokens_per_day),"
    "  max_cost_per_day_usd = coalesce($6, max_cost_per_day_usd),"
    "  max_gpus = coalesce($7, max_gpus), max_concurrent_runs = coalesce($8, max_concurrent_runs),"
    "  burst_percent = coalesce($9, burst_percent), burst_seconds = coalesce($10, burst_seconds),"
    "  throttle_enabled = coalesce($11, throttle_enabled),"
    "  throttle_threshold = coalesce($12, throttle_threshold), updated_at = $13"
    " WHERE tenant_id = $1"};

constinit pg::Statement find_zone{
    "SELECT time_zone, time_zone_since FROM ideamine.tenant_quotas WHERE tenant_id = $1"};

constinit pg::Statement change_zone{
    "UPDATE ideamine.tenant_quotas SET time_zone = $2, time_zone_since = $3,"
    "  previous_time_zone = time_zone, previous_time_zone_since = time_zone_since"
    " WHERE tenant_id = $1"};

// Before the one that it had got takes effect.
constinit pg::Statement change_next_zone{
    "UPDATE ideamine.tenant_quotas SET time_zone = $2 WHERE tenant_id = $1"};

std::optional<pg::Units> units(const std::optional<Amount>& amount, Resource resource) {
    return amount ? std::optional{pg::Units{*amount, decimal_digits(resource)}} : std::nullopt;
}

std::optional<pg::Units> limit(const Changes& changes, Resource resource) {
    return units(changes.limits[static_cast<std::size_t>(resource)], resource);
}

void make(const std::string& tenant, const Quotas& quotas) {
    const auto limit = [&quotas](Resource resource) {
        return pg::Units{quotas.limits[static_cast<std::size_t>(resource)],
                         decimal_digits(resource)};
    };
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(quotas.burst_time);
    make_row.execute(tenant, limit(Resource::cpu), limit(Resource::memory),
                     limit(Resource::storage), limit(Resource::tokens), limit(Resource::cost),
                     limit(Resource::gpu), limit(Resource::concurrent_runs), quotas.burst_percent,
                     static_cast<std::int32_t>(seconds.count()), quotas.throttle_enabled,
                     quotas.throttle_threshold, quotas.time_zone, pg::now());
}

// The day that has begun ends when it would have; the next one begins where the tenant is then.
void move_to_zone(const std::string& tenant, const std::string& zone) {
    const auto rows = find_zone.execute(tenant);
    const auto current = rows[0].get<std::string>(0);
    const auto since = rows[0].optional<Time>(1);
    const auto now = pg::now();
    if (since && now < *since) {
        change_next_zone.execute(tenant, zone);
    } else if (current != zone) {
        change_zone.execute(tenant, zone, day_of(now, ServerZone{current}).end);
    }
}

}  // namespace

void check_changes(const Changes& changes) {
    const auto require = [](bool fits, const char* what) {
        if (!fits) {
            throw Error(Code::invalid_argument, what);
        }
    };
    if (changes.tier) {
        access::check_tier(*changes.tier);
    }
    for (const auto& limit : changes.limits) {
        require(!limit || *limit >= 0, "a limit must not be negative");
    }
    constexpr std::int32_t most_percent = 1000;
    constexpr std::int32_t most_seconds = 86'400;
    require(!changes.burst_percent ||
                (*changes.burst_percent >= 0 && *changes.burst_percent <= most_percent),
            "burst_percent must be between 0 and 1000");
    require(!changes.burst_seconds ||
                (*changes.burst_seconds >= 0 && *changes.burst_seconds <= most_seconds),
            "burst_seconds must be between 0 and 86400");
    require(!changes.throttle_threshold ||
                (*changes.throttle_threshold > 0 && *changes.throttle_threshold <= 1),
            "throttle_threshold must be above 0 and at most 1");
    if (changes.time_zone) {
        const ServerZone known{*changes.time_zone};
    }
}

void set_quotas(const std::string& tenant, const Changes& changes) {
    check_changes(changes);
    const auto tier = changes.tier.value_or("standard");
    const bool is_new = access::create_tenant(tenant, tenant, tier, std::nullopt);
    make(tenant, read_quotas(tenant));
    change_row.execute(tenant, limit(changes, Resource::cpu), limit(changes, Resource::memory),
                       limit(changes, Resource::storage), limit(changes, Resource::tokens),
                       limit(changes, Resource::cost), limit(changes, Resource::gpu),
                       limit(changes, Resource::concurrent_runs), changes.burst_percent,
                       changes.burst_seconds, changes.throttle_enabled, changes.throttle_threshold,
                       pg::now());
    if (changes.time_zone) {
        move_to_zone(tenant, *changes.time_zone);
    }
    if (changes.tier && !is_new) {
        set_tier.execute(tenant, *changes.tier);
    }
}

}  // namespace ideamine::quota
