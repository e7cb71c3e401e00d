#include "quota/usage_store.hpp"

#include "ideamine/pg/key_lock.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/relation.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::quota {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement insert_row{
    "INSERT INTO ideamine.tenant_usage"
    " (tenant_id, resource, amount, window_start, recorded_at, run_id, job_id)"
    " VALUES ($1, $2::text::ideamine.resource, $3, $4, $5, $6, $7)"};

// What was recorded before the horizon is in the rollups, whole.
constinit pg::Statement sum_rows{
    "SELECT coalesce((SELECT sum(r.amount) FROM ideamine.tenant_usage_rollups r"
    "   WHERE r.tenant_id = $1 AND r.resource = $2::text::ideamine.resource"
    "    AND r.window_start = $3), 0)"
    " + coalesce((SELECT sum(u.amount) FROM ideamine.tenant_usage u"
    "   WHERE u.tenant_id = $1 AND u.resource = $2::text::ideamine.resource"
    "    AND u.window_start = $3"
    "    AND u.recorded_at >= coalesce((SELECT h.rolled_up_to FROM ideamine_internal.usage_horizon "
    "h),"
    "      '-infinity')), 0)",
    Kind::reads_latest};

constinit pg::Statement sum_needs{
    "SELECT coalesce(sum((needs ->> $2)::numeric), 0) FROM ideamine.jobs"
    " WHERE status = 'running' AND tenant_id = $1 AND needs IS NOT NULL",
    Kind::reads_latest};

constinit pg::Statement count_runs{
    "SELECT count(DISTINCT coalesce(run_id, job_id))::numeric FROM ideamine.jobs"
    " WHERE status = 'running' AND tenant_id = $1",
    Kind::reads_latest};

admission::Amount in_units(const pg::Rows& rows, Resource resource) {
    return pg::to_units("usage", rows[0].get<pg::Decimal>(0), decimal_digits(resource),
                        pg::Rounding::up, false);
}

admission::Amount sum_leased(const std::string& tenant, Resource resource) {
    switch (resource) {
        case Resource::cpu:
        case Resource::memory:
        case Resource::gpu:
            return in_units(sum_needs.execute(tenant, to_string(resource)), resource);
        case Resource::concurrent_runs:
            return in_units(count_runs.execute(tenant), resource);
        case Resource::storage:
        case Resource::tokens:
        case Resource::cost:
            break;
    }
    return 0;
}

// ---- partitions --------------------------------------------------------------------------------

using UtcDay = std::chrono::sys_days;

std::string digits_of(UtcDay day) {
    const std::chrono::year_month_day date{day};
    const auto number = static_cast<int>(date.year()) * 10'000 +
                        static_cast<int>(static_cast<unsigned>(date.month())) * 100 +
                        static_cast<int>(static_cast<unsigned>(date.day()));
    return std::to_string(number);
}

bool has_partition(UtcDay day) {
    return pg::relation_exists("ideamine", ("tenant_usage_" + digits_of(day)).c_str());
}

constinit pg::Statement make_partition{
    "SELECT ideamine_internal.make_usage_partition($1::text::date)"};

constexpr std::uint16_t lock_kind = 2;

// Who makes a partition keeps others from doing so until its transaction ends.
bool ensure_partition(UtcDay day) {
    if (has_partition(day)) {
        return false;
    }
    const auto name = digits_of(day);
    pg::lock_key(lock_kind, "tenant_usage", name);
    if (has_partition(day)) {
        return false;
    }
    make_partition.execute(name);
    return true;
}

}  // namespace

void append_usage(const UsageRow& row) {
    const auto now = pg::now();
    ensure_partition(std::chrono::floor<std::chrono::days>(now));
    insert_row.execute(row.tenant, to_string(row.resource),
                       pg::Units{row.amount, decimal_digits(row.resource)}, row.window_start, now,
                       row.run, row.job);
}

admission::Sums sum_usage(const std::string& tenant, Resource resource, Time window_start) {
    return {
        .settled = in_units(sum_rows.execute(tenant, to_string(resource), window_start), resource),
        .leased = sum_leased(tenant, resource)};
}

int make_partitions(Time now) {
    const auto today = std::chrono::floor<std::chrono::days>(now);
    return ensure_partition(today) + ensure_partition(today + std::chrono::days{1});
}

}  // namespace ideamine::quota
