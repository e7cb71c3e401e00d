#include "quota/partitions_store.hpp"

#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/key_lock.hpp"
#include "ideamine/pg/relation.hpp"

namespace ideamine::quota {

namespace {

using Kind = pg::Statement::Kind;
using Day = std::chrono::sys_days;  // UTC

// What is appended gets its time just before; so much later nobody can still be about to.
constexpr Duration grace = std::chrono::hours{1};

// A user's day, wherever on earth, is over when its first hour is older than this.
constexpr Duration longest_user_day = std::chrono::days{2};

Day day_of(Time at) {
    return std::chrono::floor<std::chrono::days>(at);
}

std::string date_of(Day day) {
    const std::chrono::year_month_day date{day};
    const auto number = static_cast<int>(date.year()) * 10'000 +
                        static_cast<int>(static_cast<unsigned>(date.month())) * 100 +
                        static_cast<int>(static_cast<unsigned>(date.day()));
    return std::to_string(number);
}

bool has_partition(const char* table, const std::string& date) {
    return pg::relation_exists("ideamine", (table + ("_" + date)).c_str());
}

constinit pg::Statement make_partition{
    "SELECT ideamine_internal.make_usage_partition($1, $2::text::date)"};

// Who makes a partition keeps others from doing so until its transaction ends.
bool make_missing(const char* table, Day day) {
    const auto date = date_of(day);
    if (has_partition(table, date)) {
        return false;
    }
    pg::lock_key(pg::KeyKind::usage_partition, table, date);
    if (has_partition(table, date)) {
        return false;
    }
    make_partition.execute(table, date);
    return true;
}

constinit pg::Statement list_days{
    "SELECT right(c.relname, 8)::date::timestamp AT TIME ZONE 'UTC'"
    " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = format('ideamine.%I', $1)::regclass ORDER BY 1"};

std::vector<Day> days_of(const char* table) {
    std::vector<Day> days;
    for (const pg::Row row : list_days.execute(table)) {
        days.push_back(day_of(row.get<Time>(0)));
    }
    return days;
}

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

constinit pg::Statement drop_partition{
    "SELECT ideamine_internal.drop_usage_partition($1, $2::text::date)"};

bool drop(const char* table, Day day) {
    return drop_partition.execute(table, date_of(day))[0].get<bool>(0);
}

}  // namespace

void ensure_partition(const char* table, Time at) {
    make_missing(table, day_of(at));
}

std::int64_t make_partitions(Time now) {
    std::int64_t made = 0;
    for (const auto* table : {tenant_usage, user_usage}) {
        for (const auto day : {day_of(now), day_of(now) + std::chrono::days{1}}) {
            made += make_missing(table, day) ? 1 : 0;
        }
    }
    return made;
}

std::int64_t roll_up_usage(Time at) {
    // one after the other, whoever does it
    pg::lock_key(pg::KeyKind::usage_partition, tenant_usage, "roll up");
    const auto from = horizon();
    std::int64_t count = 0;
    for (const auto day : days_of(tenant_usage)) {
        const Time start = day;
        const Time end = day + std::chrono::days{1};
        if (start < from) {
            continue;
        }
        pg::check_interrupts();
        if (end + grace > std::min(at, pg::now()) ||
            !close_partition.execute(tenant_usage, date_of(day))[0].get<bool>(0)) {
            break;
        }
        sum_up.execute(date_of(day), start, end);
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
    for (const auto day : days_of(tenant_usage)) {
        const Time end = day + std::chrono::days{1};
        count += end <= old && end <= rolled_up_to && drop(tenant_usage, day) ? 1 : 0;
    }
    for (const auto day : days_of(user_usage)) {
        const Time end = day + std::chrono::days{1};
        count += end <= std::min(old, at - longest_user_day) && drop(user_usage, day) ? 1 : 0;
    }
    return count;
}

}  // namespace ideamine::quota
