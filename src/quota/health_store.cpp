#include "quota/health_store.hpp"

#include "ideamine/pg/spi.hpp"
#include "quota/health.hpp"
#include "quota/tenant_ledger_store.hpp"

namespace ideamine::quota {

namespace {

// In the order of the enumeration.
constinit pg::Statement count_violations{
    "SELECT count(*) FILTER (WHERE severity = 'low'), count(*) FILTER (WHERE severity = 'medium'),"
    "  count(*) FILTER (WHERE severity = 'high'), count(*) FILTER (WHERE severity = 'critical')"
    " FROM ideamine.quota_violations WHERE tenant_id = $1 AND last_at > $2",
    pg::Statement::Kind::reads};

constexpr Duration remembered = std::chrono::hours{24};

}  // namespace

int tenant_health(const std::string& tenant) {
    const auto now = pg::now();
    std::array<Load, resource_count> loads;
    bool throttled = false;
    for (const auto resource : resources) {
        const auto reading = read_counter(tenant, resource, now);
        loads[static_cast<std::size_t>(resource)] = {in_use(reading.usage), reading.limits.limit};
        throttled = throttled || reading.is_throttled(now);
    }
    ViolationCounts violations{};
    const auto rows = count_violations.execute(tenant, now - remembered);
    for (std::size_t i = 0; i < violations.size(); ++i) {
        violations[i] = rows[0].get<std::int64_t>(static_cast<int>(i));
    }
    return health(loads, violations, throttled);
}

}  // namespace ideamine::quota
