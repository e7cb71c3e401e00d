#include "quota/held_room_store.hpp"

#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/room.hpp"
#include "quota/shortages_store.hpp"

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

constinit pg::Statement list_later{
    "SELECT h.since, h.tenant_id, h.job_id, h.needs FROM ideamine.held_room own"
    " JOIN ideamine.held_room h ON"
    "  (h.since, h.tenant_id, h.job_id) > (own.since, own.tenant_id, own.job_id)"
    " WHERE own.tenant_id = $1 AND own.job_id = $2",
    pg::Statement::Kind::reads_latest};

using Taken = std::map<std::tuple<Time, std::string, Uuid>, Needs>;

Taken taken_later_than(const std::string& tenant, const Uuid& job) {
    Taken later;
    for (const pg::Row row : list_later.execute(tenant, job)) {
        later[{row.get<Time>(0), row.get<std::string>(1), row.get<Uuid>(2)}] =
            read_needs(pg::JsonValue::of(row.get<pg::Json>(3)));
    }
    return later;
}

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
    // who claims what was taken later has to have counted this
    const auto since = pg::now();
    insert_row.execute(room.tenant, room.job, room.policy, since,
                       saturating_add(since, room.lasts));
    pg::fault_point("held_room.taken");
    return true;
}

// Room is counted before its row is seen, and until after the row is gone: what is seen both before
// and after the counters are read was counted.
bool has_come_free(const std::string& tenant, const Uuid& job, const Needs& needs) {
    Freed own;
    own.add(tenant, needs);
    if (shortages(tenant, needs, own).empty()) {
        return true;
    }
    for (auto later = taken_later_than(tenant, job); !later.empty();) {
        auto freed = own;
        for (const auto& [taken, held] : later) {
            freed.add(std::get<std::string>(taken), held);
        }
        if (!shortages(tenant, needs, freed).empty()) {
            return false;
        }
        const auto still = taken_later_than(tenant, job);
        const auto gone =
            std::erase_if(later, [&](const auto& taken) { return !still.contains(taken.first); });
        if (gone == 0) {
            return true;
        }
    }
    return false;
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
