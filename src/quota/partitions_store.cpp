#include "quota/partitions_store.hpp"

#include "ideamine/pg/day_sums.hpp"
#include "ideamine/pg/fault_point.hpp"

namespace ideamine::quota {

namespace {

using Kind = pg::Statement::Kind;
using pg::Day;

constexpr pg::DayPartitions of_tenants{tenant_usage};
constexpr pg::DayPartitions of_users{user_usage};

// A user's day, wherever on earth, is over when its first hour is older than this.
constexpr Duration longest_user_day = std::chrono::days{2};

constinit pg::Statement find_horizon{"SELECT rolled_up_to FROM ideamine_internal.usage_horizon",
                                     Kind::reads_latest};

// Whatever the snapshot of the caller's transaction: all that is in the closed partition counts.
constinit pg::Statement sum_up{
    "INSERT INTO ideamine.tenant_usage_rollups AS r"
    "  (tenant_id, resource, window_start, day, amount, entries)"
    " SELECT tenant_id, resource, window_start, $1::text::date, sum(amount), count(*)"
    " FROM ideamine.tenant_usage WHERE recorded_at >= $2 AND recorded_at < $3"
    " GROUP BY tenant_id, resource, window_start",
    Kind::writes_latest};

constinit pg::Statement move_horizon{
    "INSERT INTO ideamine_internal.usage_horizon AS h (only_row, rolled_up_to) VALUES (true, $1)"
    " ON CONFLICT (only_row) DO UPDATE SET rolled_up_to = excluded.rolled_up_to"
    "  WHERE h.rolled_up_to < excluded.rolled_up_to",
    Kind::writes_latest};

void sum_up_day(Day day) {
    sum_up.execute(pg::date_of(day), Time{day}, Time{day + std::chrono::days{1}});
    pg::fault_point("usage.summed_up");
}

constexpr pg::DaySums sums_of_tenants{of_tenants, find_horizon, move_horizon, sum_up_day};

}  // namespace

void ensure_partition(const char* table, Time at) {
    pg::DayPartitions{table}.ensure(pg::day_of(at));
}

std::int64_t make_partitions(Time now) {
    std::int64_t made = 0;
    for (const auto& partitions : {of_tenants, of_users}) {
        for (const auto day : {pg::day_of(now), pg::day_of(now) + std::chrono::days{1}}) {
            made += partitions.ensure(day) ? 1 : 0;
        }
    }
    return made;
}

std::int64_t roll_up_usage(Time at) {
    return sums_of_tenants.sum_up(at);
}

std::int64_t drop_old_usage(Time at, Duration keep) {
    const auto old = saturating_add(at, -keep);
    auto count = sums_of_tenants.drop_before(old);
    for (const auto day : of_users.days()) {
        const Time end = day + std::chrono::days{1};
        // what counts today stays, whatever time it is said to be
        const auto over = std::min(at, pg::now()) - longest_user_day;
        count += end <= std::min(old, over) && of_users.drop(day) ? 1 : 0;
    }
    return count;
}

}  // namespace ideamine::quota
