#include "quota/platform_ledger_store.hpp"

#include "dispatch/running.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/needs.hpp"

namespace ideamine::quota {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement find_capacities{
    "SELECT resource::text, capacity FROM ideamine.platform_capacity", Kind::walks};

constinit pg::Statement sum_needs{
    "SELECT coalesce(sum((h.needs ->> $1)::numeric), 0) FROM (SELECT j.needs FROM " IDEAMINE_RUNNING(
        "") " WHERE j.status = 'running' AND j.needs IS NOT NULL"
            " UNION ALL SELECT needs FROM ideamine.held_room) AS h",
    Kind::reads_latest};

class PlatformLedger final : public admission::Ledger {
  public:
    constexpr PlatformLedger() = default;

    admission::Rules read_rules(std::string_view, Time) const override {
        admission::Rules rules;
        for (const pg::Row row : find_capacities.execute()) {
            const auto resource = parse_leasable(row.get<std::string>(0));
            rules.limits[static_cast<std::size_t>(index_of(resource))].limit =
                pg::to_units("capacity", row.get<pg::Decimal>(1), decimal_digits(resource),
                             pg::Rounding::up, true);
        }
        return rules;
    }

    admission::Sums read_sums(std::string_view, int resource, Time) const override {
        const auto of = static_cast<Resource>(resource);
        const auto rows = sum_needs.execute(to_string(of));
        return {.settled = 0,
                .leased = pg::to_units("needs", rows[0].get<pg::Decimal>(0), decimal_digits(of),
                                       pg::Rounding::up, false)};
    }

    void report(std::string_view, int, admission::Happening,
                const admission::Reading&) const noexcept override {}
};

constinit const PlatformLedger ledger;

}  // namespace

const admission::Ledger& platform_ledger() {
    return ledger;
}

admission::shared::Party platform_party() {
    return {.ledger = &ledger, .scope = {.kind = platform_kind, .id = {}}};
}

}  // namespace ideamine::quota
