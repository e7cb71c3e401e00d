#include "quota/tenant_ledger_store.hpp"

#include "access/tenant.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/usage_store.hpp"
#include "quota/violations_shared.hpp"
#include "quota/zone_store.hpp"

namespace ideamine::quota {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement find_quotas{
    "SELECT t.tier, q.tenant_id IS NOT NULL, q.max_cpu_cores, q.max_memory_gb, q.max_storage_gb,"
    "  q.max_tokens_per_day, q.max_cost_per_day_usd, q.max_gpus, q.max_concurrent_runs,"
    "  q.burst_percent, q.burst_seconds, q.throttle_enabled, q.throttle_threshold, q.time_zone,"
    "  q.time_zone_since, q.previous_time_zone, q.previous_time_zone_since"
    " FROM ideamine.tenants t LEFT JOIN ideamine.tenant_quotas q ON q.tenant_id = t.tenant_id"
    " WHERE t.tenant_id = $1",
    Kind::reads_latest};
constexpr int first_limit = 2;
constexpr int burst_percent = 9;
constexpr int time_zone = 13;

constinit pg::Statement find_throttling{
    "SELECT last_at FROM ideamine.quota_violations"
    " WHERE tenant_id = $1 AND last_at > $2 AND action::text = 'throttle'"
    " ORDER BY last_at DESC LIMIT 1",
    Kind::reads_latest};

Quotas quotas_from(const pg::Row& row) {
    if (!row.get<bool>(1)) {
        return tier_quotas(row.get<std::string>(0));
    }
    Quotas quotas;
    for (const auto resource : resources) {
        const auto index = index_of(resource);
        quotas.limits[static_cast<std::size_t>(index)] =
            pg::to_units("limit", row.get<pg::Decimal>(first_limit + index),
                         decimal_digits(resource), pg::Rounding::up, true);
    }
    quotas.burst_percent = row.get<std::int32_t>(burst_percent);
    quotas.burst_time = std::chrono::seconds{row.get<std::int32_t>(burst_percent + 1)};
    quotas.throttle_enabled = row.get<bool>(burst_percent + 2);
    quotas.throttle_threshold = row.get<double>(burst_percent + 3);
    quotas.time_zone = row.get<std::string>(time_zone);
    return quotas;
}

std::optional<pg::Row> find_row(const std::string& tenant, pg::Rows& rows) {
    rows = find_quotas.execute(tenant);
    if (!rows.empty()) {
        return rows[0];
    }
    if (tenant != access::default_tenant) {
        access::throw_unknown_tenant(tenant);
    }
    return std::nullopt;
}

Day today_of(const std::optional<pg::Row>& row, const Quotas& quotas, Time now) {
    const ServerZone zone{quotas.time_zone};
    const auto since = row ? row->optional<Time>(time_zone + 1) : std::nullopt;
    if (!since) {
        return day_of(now, zone);
    }
    const ServerZone before{row->get<std::string>(time_zone + 2)};
    const auto before_since = row->optional<Time>(time_zone + 3);
    return day_of(now, zone, *since, before, before_since.value_or(Time::min()));
}

class TenantLedger final : public admission::Ledger {
  public:
    constexpr TenantLedger() = default;

    admission::Rules read_rules(std::string_view id, Time now) const override {
        const std::string tenant{id};
        pg::Rows rows;
        const auto row = find_row(tenant, rows);
        const auto quotas = row ? quotas_from(*row) : tier_quotas("standard");
        auto rules = rules_of(quotas);
        const auto today = today_of(row, quotas, now);
        rules.window_start = today.start;
        rules.window_end = today.end;
        const auto throttled = find_throttling.execute(tenant, now - throttle_time);
        if (!throttled.empty()) {
            rules.throttled_until = throttled[0].get<Time>(0) + throttle_time;
        }
        return rules;
    }

    admission::Sums read_sums(std::string_view id, int resource, Time window_start) const override {
        return sum_usage(std::string{id}, static_cast<Resource>(resource), window_start);
    }

    void report(std::string_view id, int resource, admission::Happening happening,
                const admission::Reading& reading) const noexcept override {
        const auto action =
            happening == admission::Happening::throttled ? Action::throttle : Action::burst_allowed;
        shared::queue_violation(id, static_cast<Resource>(resource), action, reading, 0);
    }
};

constinit const TenantLedger ledger;

}  // namespace

const admission::Ledger& tenant_ledger() {
    return ledger;
}

admission::shared::Party tenant_party(std::string_view tenant) {
    return {.ledger = &ledger, .scope = {.kind = tenant_kind, .id = tenant}};
}

Day read_today(const std::string& tenant, Time now) {
    pg::Rows rows;
    const auto row = find_row(tenant, rows);
    return today_of(row, row ? quotas_from(*row) : tier_quotas("standard"), now);
}

Quotas read_quotas(const std::string& tenant) {
    pg::Rows rows;
    const auto row = find_row(tenant, rows);
    return row ? quotas_from(*row) : tier_quotas("standard");
}

}  // namespace ideamine::quota
