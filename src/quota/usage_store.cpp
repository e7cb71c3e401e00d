#include "quota/usage_store.hpp"

#include "dispatch/running.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/day_partitions.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/spi.hpp"
#include "ideamine/pg/time_partitions.hpp"
#include "quota/partitions_store.hpp"

namespace ideamine::quota {

namespace {

using Kind = pg::Statement::Kind;

constinit const pg::TimePartitions usage{tenant_usage};

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
    "SELECT coalesce(sum((h.needs ->> $2)::numeric), 0) FROM (SELECT j.needs FROM " IDEAMINE_RUNNING(
        "") " WHERE j.status = 'running' AND j.tenant_id = $1 AND j.needs IS NOT NULL"
            " UNION ALL SELECT needs FROM ideamine.held_room WHERE tenant_id = $1) AS h",
    Kind::reads_latest};

constinit pg::Statement count_runs{
    "SELECT count(DISTINCT coalesce(h.run_id, h.job_id))::numeric FROM"
    " (SELECT j.run_id, j.job_id FROM " IDEAMINE_RUNNING(
        "") " WHERE j.status = 'running' AND j.tenant_id = $1"
            " UNION ALL SELECT run_id, job_id FROM ideamine.held_room WHERE tenant_id = $1) AS h",
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

}  // namespace

void append_usage(const UsageRow& row) {
    pg::fault_point("usage.appending");
    const auto now = pg::now();
    const pg::Units amount{row.amount, decimal_digits(row.resource)};
    if (!usage.append(row.tenant, pg::Label{to_string(row.resource)}, amount, row.window_start, now,
                      row.run, row.job)) {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        ensure_partition(tenant_usage, now);
        insert_row.execute(row.tenant, to_string(row.resource), amount, row.window_start, now,
                           row.run, row.job);
    }
    pg::fault_point("usage.appended");
}

admission::Sums sum_usage(const std::string& tenant, Resource resource, Time window_start) {
    pg::DayPartitions{tenant_usage}.keep();
    return {
        .settled = in_units(sum_rows.execute(tenant, to_string(resource), window_start), resource),
        .leased = sum_leased(tenant, resource)};
}

}  // namespace ideamine::quota
