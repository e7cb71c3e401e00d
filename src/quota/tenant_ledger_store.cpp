#include "quota/tenant_ledger_store.hpp"

#include "access/tenant.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/as_owner.hpp"
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

// A resource of NULL is any.
constinit pg::Statement find_throttling{
    "SELECT last_at FROM ideamine.quota_violations"
    " WHERE tenant_id = $1 AND last_at >= $2 AND action::text = 'throttle'"
    "  AND (resource::text = $3 OR $3 IS NULL)"
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

std::optional<pg::Row> find_row_if_any(const std::string& tenant, pg::Rows& rows) {
    rows = find_quotas.execute(tenant);
    return rows.empty() ? std::nullopt : std::optional{rows[0]};
}

std::optional<pg::Row> find_row(const std::string& tenant, pg::Rows& rows) {
    const auto row = find_row_if_any(tenant, rows);
    if (!row && tenant != access::default_tenant) {
        access::throw_unknown_tenant(tenant);
    }
    return row;
}

// Nothing is handed out of a tenant that was deleted, and what its jobs hold can still be given
// back. Not for long: a prepared transaction that makes a tenant tells nobody when it commits.
admission::Rules nothing(Time now) {
    admission::Rules rules;
    rules.limits.fill({.limit = 0});
    rules.window_end = now + std::chrono::seconds{1};
    rules.exists = false;
    return rules;
}

// A tenant without quotas of its own has never moved.
Whereabouts whereabouts_of(const std::optional<pg::Row>& row, const Quotas& quotas) {
    Whereabouts where{.zone = quotas.time_zone, .since = {}, .before = {}, .before_since = {}};
    if (row && row->get<bool>(1)) {
        where.since = row->optional<Time>(time_zone + 1);
        where.before = row->optional<std::string>(time_zone + 2).value_or(quotas.time_zone);
        where.before_since = row->optional<Time>(time_zone + 3).value_or(Time::min());
    }
    return where;
}

Day today_of(const std::optional<pg::Row>& row, const Quotas& quotas, Time now) {
    const auto where = whereabouts_of(row, quotas);
    const ServerZone zone{where.zone};
    if (!where.since) {
        return day_of(now, zone);
    }
    return day_of(now, zone, *where.since, ServerZone{where.before}, where.before_since);
}

// When one of the resources throttled a tenant last, from a time on: as it is written down, or is
// going to be. Min: none did.
Time last_throttled(const std::string& tenant, Time from, std::span<const Resource> which) {
    auto last = Time::min();
    for (const auto resource : which) {
        last = std::max(last, shared::last_queued(tenant, resource, Action::throttle));
    }
    const auto resource =
        which.size() == 1 ? std::optional{to_string(which.front())} : std::nullopt;
    const auto rows = find_throttling.execute(tenant, from, resource);
    if (!rows.empty()) {
        last = std::max(last, rows[0].get<Time>(0));
    }
    return last < from ? Time::min() : last;
}

class TenantLedger final : public admission::Ledger {
  public:
    constexpr TenantLedger() = default;

    admission::Rules read_rules(std::string_view id, Time now) const override {
        const std::string tenant{id};
        pg::Rows rows;
        const auto row = find_row_if_any(tenant, rows);
        if (!row && tenant != access::default_tenant) {
            return nothing(now);
        }
        const auto quotas = row ? quotas_from(*row) : tier_quotas("standard");
        auto rules = rules_of(quotas);
        const auto today = today_of(row, quotas, now);
        rules.window_start = today.start;
        rules.window_end = today.end;
        const auto throttled = last_throttled(tenant, now - throttle_time, resources);
        if (throttled != Time::min()) {
            rules.throttled_until = throttled + throttle_time;
        }
        return rules;
    }

    admission::Sums read_sums(std::string_view id, int resource, Time window_start) const override {
        const std::string tenant{id};
        const auto counted = static_cast<Resource>(resource);
        auto sums = sum_usage(tenant, counted, window_start);
        sums.has_throttled =
            !is_gauge(counted) &&
            last_throttled(tenant, window_start, std::span{&counted, 1}) != Time::min();
        return sums;
    }

    void report(std::string_view id, int resource, admission::Happening happening,
                const admission::Reading& reading) const noexcept override {
        const auto of = static_cast<Resource>(resource);
        if (happening == admission::Happening::throttled) {
            // when the threshold was crossed, however long that took to be committed
            shared::queue_violation(id, of, Action::throttle, reading, 0,
                                    reading.throttled_until - throttle_time);
        } else if (happening == admission::Happening::burst) {
            shared::queue_violation(id, of, Action::burst_allowed, reading, 0, pg::now());
        }
    }
};

constinit const TenantLedger ledger;

void require_row(const std::string& tenant) {
    const pg::AsOwner as_owner;
    const pg::Spi spi;
    pg::Rows rows;
    find_row(tenant, rows);
}

}  // namespace

const admission::Ledger& tenant_ledger() {
    return ledger;
}

admission::shared::Party tenant_party(std::string_view tenant) {
    return {.ledger = &ledger, .scope = {.kind = tenant_kind, .id = tenant}};
}

admission::Reading read_counter(std::string_view tenant, Resource resource, Time now) {
    const auto party = tenant_party(tenant);
    const auto look = [&] { return admission::shared::read(party, index_of(resource), now); };
    const auto reading = look();
    if (reading.exists) {
        return reading;
    }
    require_row(std::string{tenant});
    admission::shared::read_rules_anew(party.scope);
    return look();
}

Day read_today(const std::string& tenant, Time now) {
    pg::Rows rows;
    const auto row = find_row(tenant, rows);
    return today_of(row, row ? quotas_from(*row) : tier_quotas("standard"), now);
}

std::optional<Whereabouts> find_whereabouts(const std::string& tenant) {
    pg::Rows rows;
    const auto row = find_row_if_any(tenant, rows);
    if (!row && tenant != access::default_tenant) {
        return std::nullopt;
    }
    return whereabouts_of(row, row ? quotas_from(*row) : tier_quotas("standard"));
}

Quotas read_quotas(const std::string& tenant) {
    pg::Rows rows;
    const auto row = find_row(tenant, rows);
    return row ? quotas_from(*row) : tier_quotas("standard");
}

}  // namespace ideamine::quota
