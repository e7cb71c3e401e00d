#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/numeric.hpp"
#include "quota/set_quotas_store.hpp"

using namespace ideamine;

namespace {

// In the order of set_quotas()'s arguments, which is that of the resources.
constexpr std::array<const char*, quota::resource_count> limit_names{
    "max_cpu_cores",        "max_memory_gb", "max_storage_gb",     "max_tokens_per_day",
    "max_cost_per_day_usd", "max_gpus",      "max_concurrent_runs"};

quota::Changes read_changes(const pg::Arguments& arguments) {
    quota::Changes changes;
    int next = 1;
    changes.tier = arguments.optional<std::string>(next++);
    for (const auto resource : quota::resources) {
        const auto index = static_cast<std::size_t>(resource);
        if (const auto limit = arguments.optional<pg::Decimal>(next++)) {
            changes.limits[index] =
                pg::to_units(limit_names[index], *limit, quota::decimal_digits(resource),
                             pg::Rounding::none, true);
        }
    }
    changes.burst_percent = arguments.optional<std::int32_t>(next++);
    changes.burst_seconds = arguments.optional<std::int32_t>(next++);
    changes.throttle_enabled = arguments.optional<bool>(next++);
    changes.throttle_threshold = arguments.optional<double>(next++);
    changes.time_zone = arguments.optional<std::string>(next++);
    return changes;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_set_quotas) {
    return pg::boundary([&] {
        access::require_platform("set_quotas()");
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto changes = read_changes(arguments);
        const pg::Spi spi;
        quota::set_quotas(tenant, changes);
        return Datum{0};
    });
}
