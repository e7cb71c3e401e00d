#include "quota/held_room_store.hpp"

#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/room.hpp"

namespace ideamine::quota {

namespace {

constinit pg::Statement insert_row{
    "INSERT INTO ideamine.held_room (tenant_id, job_id, run_id, needs, policy, since, expires_at)"
    " SELECT tenant_id, job_id, run_id, needs, $3, $4, $5 FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = $2"};

// Who gives it back at this moment is not waited for: a claim waits for nobody.
constinit pg::Statement delete_row{
    "WITH own AS MATERIALIZED (SELECT tenant_id, job_id FROM ideamine.held_room"
    "  WHERE tenant_id = $1 AND job_id = $2 FOR UPDATE SKIP LOCKED)"
    " DELETE FROM ideamine.held_room h USING own o"
    " WHERE h.job_id = o.job_id AND h.tenant_id = o.tenant_id"};

constinit pg::Statement delete_rows{
    "DELETE FROM ideamine.held_room h"
    " USING unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " WHERE h.job_id = n.job_id AND h.tenant_id = n.tenant_id"
    " RETURNING h.tenant_id, h.run_id, h.needs"};

// Who is being claimed at this moment is left alone.
constinit pg::Statement delete_unclaimed{
    "WITH unclaimed AS MATERIALIZED ("
    "  SELECT h.tenant_id, h.job_id FROM ideamine.held_room h"
    "  WHERE h.expires_at <= $1 OR NOT EXISTS (SELECT FROM ideamine.jobs j"
    "    WHERE j.job_id = h.job_id AND j.tenant_id = h.tenant_id AND j.status::text = 'pending'"
    "     AND j.ready_at IS NOT NULL AND least(j.priority_class, j.inherited_class) <= 'P1'"
    "     AND NOT EXISTS (SELECT FROM ideamine.paused_queues q"
    "      WHERE q.tenant_id = j.tenant_id AND q.queue = j.queue OFFSET 0) OFFSET 0)"
    "  FOR UPDATE OF h SKIP LOCKED)"
    " DELETE FROM ideamine.held_room h USING unclaimed u"
    " WHERE h.job_id = u.job_id AND h.tenant_id = u.tenant_id"
    " RETURNING h.tenant_id, h.run_id, h.needs",
    pg::Statement::Kind::writes_walking};

EndedLeases held_by(const pg::Rows& rows) {
    EndedLeases ended;
    for (const pg::Row row : rows) {
        ended.add(row.get<std::string>(0),
                  {.needs = read_needs(pg::JsonValue::of(row.get<pg::Json>(2))),
                   .run = row.optional<Uuid>(1)});
    }
    return ended;
}

}  // namespace

bool hold_room(const HeldRoom& room, Throttling throttling, const Freed& freed) {
    if (!lease(room.tenant, room.demand, throttling, freed)) {
        return false;
    }
    insert_row.execute(room.tenant, room.job, room.policy, room.since, room.expires_at);
    pg::fault_point("held_room.taken");
    return true;
}

bool claim_held_room(const std::string& tenant, const Uuid& job) {
    const bool is_held = delete_row.execute(tenant, job).size() > 0;
    if (is_held) {
        pg::fault_point("held_room.claimed");
    }
    return is_held;
}

EndedLeases remove_held_room(const std::vector<std::string>& tenants,
                             const std::vector<Uuid>& jobs) {
    return held_by(delete_rows.execute(tenants, jobs));
}

std::int64_t give_back_unclaimed_room(Time at) {
    const auto rows = delete_unclaimed.execute(at);
    tell_of_room(held_by(rows).end());
    pg::fault_point("held_room.given_back");
    return static_cast<std::int64_t>(rows.size());
}

}  // namespace ideamine::quota
