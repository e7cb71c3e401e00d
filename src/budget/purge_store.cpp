#include "budget/purge_store.hpp"

#include "budget/budget_settings.hpp"
#include "ideamine/pg/day_partitions.hpp"

namespace ideamine::budget {

namespace {

constexpr pg::DayPartitions days{"cost_events"};

constinit pg::Statement delete_keys{
    "DELETE FROM ideamine.cost_keys WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.cost_keys WHERE recorded_at < $1"
    "  ORDER BY recorded_at LIMIT 10000 FOR UPDATE SKIP LOCKED))"};

constinit pg::Statement delete_reservations{
    "DELETE FROM ideamine.cost_reservations WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.cost_reservations WHERE ended_at < $1"
    "  ORDER BY ended_at LIMIT 10000 FOR UPDATE SKIP LOCKED))"};

}  // namespace

std::int64_t purge(Time at) {
    for (const auto day : {pg::day_of(pg::now()), pg::day_of(pg::now()) + std::chrono::days{1}}) {
        days.ensure(day);
    }
    const auto before = saturating_add(at, -cost_key_retention());
    return static_cast<std::int64_t>(delete_keys.execute(before).size() +
                                     delete_reservations.execute(before).size());
}

}  // namespace ideamine::budget
