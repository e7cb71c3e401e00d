#include "budget/events_store.hpp"

#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/day_partitions.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/time_partitions.hpp"

namespace ideamine::budget {

namespace {

constinit const pg::TimePartitions events{"cost_events"};
constexpr pg::DayPartitions days{"cost_events"};

constinit pg::Statement insert_event{
    "INSERT INTO ideamine.cost_events (event_id, recorded_at, day_start, amount, kind, tenant_id,"
    "  run_id, job_id, project_id, user_id, model, reservation_id, metadata)"
    " VALUES ($1, $2, $3, $4, $5::text::ideamine.cost_kind, $6, $7, $8, $9, $10, $11, $12, $13)"};

}  // namespace

void append(const CostEvent& event) {
    pg::fault_point("costs.appending");
    // where the clock is put back a day goes on that has begun
    const auto at = std::max(pg::now(), event.day_start);
    const auto& purpose = event.purpose;
    if (!events.append(event.id, at, event.day_start, in_dollars(event.amount),
                       pg::Label{event.kind}, purpose.tenant, purpose.run, purpose.job,
                       purpose.project, purpose.user, purpose.model, event.reservation,
                       event.metadata)) {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        days.ensure(pg::day_of(at));
        insert_event.execute(event.id, at, event.day_start, in_dollars(event.amount), event.kind,
                             purpose.tenant, purpose.run, purpose.job, purpose.project,
                             purpose.user, purpose.model, event.reservation, event.metadata);
    }
    pg::fault_point("costs.appended");
}

}  // namespace ideamine::budget
