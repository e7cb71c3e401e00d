#include "quota/partitions_store.hpp"

#include "ideamine/pg/day_partitions.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/key_lock.hpp"

namespace ideamine::quota {

namespace {

using Kind = pg::Statement::Kind;
using pg::Day;

constexpr pg::DayPartitions of_tenants{tenant_usage};
constexpr pg::DayPartitions of_users{user_usage};

// What is appended gets its time just before; so much later nobody can still be about to.
constexpr Duration grace = std::chrono::hours{1};

// A user's day, wherever on earth, is over when its first hour is older than this.
constexpr Duration longest_user_day = std::chrono::days{2};

constinit pg::Statement find_horizon{"SELECT rolled_up_to FROM ideamine_internal.usage_horizon",
                                     Kind::reads_latest};

Time horizon() {
    const auto rows = find_horizon.execute();
    return rows.empty() ? Time::min() : rows[0].get<Time>(0);
}

// From here on nothing can be appended: false if somebody keeps it locked.
constinit pg::Statement close_partition{
    "SELECT ideamine_internal.close_usage_partition($1, $2::text::date)"};

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
    // one after the other, whoever does it
    pg::lock_key(pg::KeyKind::day_partition, tenant_usage, "roll up");
    const auto from = horizon();
    std::int64_t count = 0;
    for (const auto day : of_tenants.days()) {
        const Time start = day;
        const Time end = day + std::chrono::days{1};
        if (start < from) {
            continue;
        }
        pg::check_interrupts();
        if (end + grace > std::min(at, pg::now()) ||
            !close_partition.execute(tenant_usage, pg::date_of(day))[0].get<bool>(0)) {
            break;
        }
        sum_up.execute(pg::date_of(day), start, end);
        pg::fault_point("usage.summed_up");
        move_horizon.execute(end);
        ++count;
    }
    return count;
}

std::int64_t drop_old_usage(Time at, Duration keep) {
    std::int64_t count = 0;
    const auto old = saturating_add(at, -keep);
    const auto rolled_up_to = horizon();
    for (const auto day : of_tenants.days()) {
        const Time end = day + std::chrono::days{1};
        count += end <= old && end <= rolled_up_to && of_tenants.drop(day) ? 1 : 0;
    }
    for (const auto day : of_users.days()) {
        const Time end = day + std::chrono::days{1};
        // what counts today stays, whatever time it is said to be
        const auto over = std::min(at, pg::now()) - longest_user_day;
        count += end <= std::min(old, over) && of_users.drop(day) ? 1 : 0;
    }
    return count;
}

}  // namespace ideamine::quota
