#include "budget/rollups_store.hpp"

#include "ideamine/pg/day_sums.hpp"
#include "ideamine/pg/fault_point.hpp"

namespace ideamine::budget {

namespace {

using Kind = pg::Statement::Kind;
using pg::Day;

constexpr pg::DayPartitions days{"cost_events"};

constinit pg::Statement find_horizon{"SELECT rolled_up_to FROM ideamine_internal.cost_horizon",
                                     Kind::reads_latest};

// Whatever the snapshot of the caller's transaction: all that is in the closed partition counts.
constinit pg::Statement sum_up{
    "INSERT INTO ideamine.cost_rollups (tenant_id, day, entry, day_start, run_id, project_id,"
    "  user_id, model, kind, amount, events)"
    " SELECT tenant_id, $1::text::date, row_number() OVER (PARTITION BY tenant_id"
    "   ORDER BY day_start, run_id, project_id, user_id, model, kind),"
    "  day_start, run_id, project_id, user_id, model, kind, sum(amount), count(*)"
    " FROM ideamine.cost_events WHERE recorded_at >= $2 AND recorded_at < $3"
    " GROUP BY tenant_id, day_start, run_id, project_id, user_id, model, kind",
    Kind::writes_latest};

constinit pg::Statement move_horizon{
    "INSERT INTO ideamine_internal.cost_horizon AS h (only_row, rolled_up_to) VALUES (true, $1)"
    " ON CONFLICT (only_row) DO UPDATE SET rolled_up_to = excluded.rolled_up_to"
    "  WHERE h.rolled_up_to < excluded.rolled_up_to",
    Kind::writes_latest};

void sum_up_day(Day day) {
    sum_up.execute(pg::date_of(day), Time{day}, Time{day + std::chrono::days{1}});
    pg::fault_point("costs.summed_up");
}

constexpr pg::DaySums sums{days, find_horizon, move_horizon, sum_up_day};

}  // namespace

std::int64_t roll_up_costs(Time at) {
    return sums.sum_up(at);
}

std::int64_t drop_old_costs(Time at, Duration keep) {
    return sums.drop_before(saturating_add(at, -keep));
}

void keep_costs() {
    days.keep();
}

}  // namespace ideamine::budget
