#include "workers/worker_store.hpp"

#include "access/caller_store.hpp"
#include "dispatch/running.hpp"
#include "ideamine/pg/random.hpp"
#include "ideamine/pg/table.hpp"
#include "workers/beats_shared.hpp"
#include "workers/workers_settings.hpp"

namespace ideamine::workers {

namespace {

#define IDEAMINE_SELECT_WORKER                                                                   \
    "SELECT status::text, last_heartbeat_at, worker_type, capabilities, capacity, tenants, ctid" \
    " FROM ideamine.workers WHERE worker_id = $1"

constinit pg::Statement insert_worker{
    "INSERT INTO ideamine.workers"
    " (worker_id, worker_type, capabilities, capacity, tenants, status, last_heartbeat_at, "
    "registered_at)"
    " VALUES ($1, $2, $3, $4, $5, 'active', $6, $6)"};

constinit pg::Statement find_tenants{"SELECT tenants FROM ideamine.workers WHERE worker_id = $1"};

constinit pg::Statement look_by_key{IDEAMINE_SELECT_WORKER};
constinit pg::Statement hold_by_key{IDEAMINE_SELECT_WORKER " FOR KEY SHARE"};
constinit pg::Statement hold_to_change{IDEAMINE_SELECT_WORKER " FOR NO KEY UPDATE"};
constinit pg::Statement hold_to_end{IDEAMINE_SELECT_WORKER " FOR UPDATE"};

constinit pg::Statement touch_worker{
    "UPDATE ideamine.workers SET last_heartbeat_at = greatest(last_heartbeat_at, $2),"
    "  metrics = coalesce($3, metrics)"
    " WHERE worker_id = $1"};

constinit pg::Statement change_status{
    "UPDATE ideamine.workers SET status = $2::text::ideamine.worker_status,"
    "  ended_at = CASE WHEN $3 THEN $4 END"
    " WHERE worker_id = $1"};

constinit pg::Statement count_held{"SELECT count(*)::integer FROM " IDEAMINE_RUNNING(
    "$1") " WHERE j.status = 'running' AND j.worker_id = $1"};

constinit pg::Statement find_notices{
    "SELECT FROM ideamine_internal.stop_notices WHERE worker_id = $1 LIMIT 1"};

constinit pg::Statement take_notices{
    "DELETE FROM ideamine_internal.stop_notices WHERE worker_id = $1"
    " RETURNING tenant_id, job_id, epoch, reason"};

constinit pg::Statement purge_workers{
    "WITH old AS MATERIALIZED ("
    "  SELECT worker_id FROM ideamine.workers"
    "  WHERE status IN ('failed', 'terminated') AND ended_at < $1"
    "  ORDER BY worker_id LIMIT 10000 FOR UPDATE SKIP LOCKED),"
    " notices AS ("
    "  DELETE FROM ideamine_internal.stop_notices n USING old WHERE n.worker_id = old.worker_id)"
    " DELETE FROM ideamine.workers w USING old WHERE w.worker_id = old.worker_id"};

[[noreturn]] void throw_unknown(const Uuid& id) {
    throw Error(Code::unknown, "worker " + to_string(id) + " does not exist", {},
                "Register it with ideamine.register_worker().");
}

// One that serves others is as good as none for a login that is bound to tenants, and is not waited
// for either. A worker keeps its tenants as long as it lives.
void check_is_callers(const Uuid& id) {
    if (access::caller_is_platform()) {
        return;
    }
    const auto found = find_tenants.execute(id);
    if (found.empty() || !access::caller_sees_all(found[0].optional<std::vector<std::string>>(0))) {
        throw_unknown(id);
    }
}

// Where this session has found the worker that it acquires for: nearly all acquire for one, which
// is then found without a statement.
struct Whereabouts {
    Uuid id;
    pg::Tid tid;
};
constinit std::optional<Whereabouts> latest;

enum Column : std::size_t {
    worker_id,
    status,
    last_heartbeat_at,
    worker_type,
    capabilities,
    capacity,
    tenants,
    column_count
};
constinit pg::Columns<column_count> columns{{"worker_id", "status", "last_heartbeat_at",
                                             "worker_type", "capabilities", "capacity", "tenants"}};

// None: it stands somewhere else now.
std::optional<Worker> look_where_it_was(const Uuid& id, bool hold) {
    if (!latest || latest->id != id) {
        return std::nullopt;
    }
    pg::Table table{"workers"};
    table.look_up(columns);
    const auto column = [](Column column) { return columns.numbers[column]; };
    if (!table.find(latest->tid) || table.get<Uuid>(column(worker_id)) != id ||
        (hold && !table.hold())) {
        return std::nullopt;
    }
    return Worker{
        .id = id,
        .status = parse_status(table.label(column(status))),
        .last_heartbeat = table.get<Time>(column(last_heartbeat_at)),
        .registration = {.worker_type = table.get<std::string>(column(worker_type)),
                         .capabilities = table.get<std::vector<std::string>>(column(capabilities)),
                         .capacity = table.optional<std::int32_t>(column(capacity)),
                         .tenants = table.optional<std::vector<std::string>>(column(tenants))}};
}

Worker read(const Uuid& id, const pg::Rows& rows) {
    if (rows.empty()) {
        throw_unknown(id);
    }
    const pg::Row row = rows[0];
    return {.id = id,
            .status = parse_status(row.get<std::string>(0)),
            .last_heartbeat = row.get<Time>(1),
            .registration = {.worker_type = row.get<std::string>(2),
                             .capabilities = row.get<std::vector<std::string>>(3),
                             .capacity = row.optional<std::int32_t>(4),
                             .tenants = row.optional<std::vector<std::string>>(5)}};
}

// By a statement that finds it by its key.
Worker find(const Uuid& id, pg::Statement& statement) {
    const auto rows = statement.execute(id);
    const auto worker = read(id, rows);
    latest = {id, rows[0].get<pg::Tid>(6)};
    return worker;
}

Worker hold_to_acquire(const Uuid& id) {
    const auto worker = look_where_it_was(id, true);
    return worker ? *worker : find(id, hold_by_key);
}

}  // namespace

Uuid insert(const Registration& registration) {
    const auto id = pg::make_uuid();
    insert_worker.execute(id, registration.worker_type, registration.capabilities,
                          registration.capacity, registration.tenants, pg::now());
    return id;
}

Worker look(const Uuid& id) {
    check_is_callers(id);
    const auto worker = look_where_it_was(id, false);
    return worker ? *worker : find(id, look_by_key);
}

Worker hold(const Uuid& id, Hold how) {
    check_is_callers(id);
    switch (how) {
        case Hold::to_acquire:
            return hold_to_acquire(id);
        case Hold::to_change:
            return find(id, hold_to_change);
        case Hold::to_end:
            break;
    }
    return find(id, hold_to_end);
}

void check_alive(const Worker& worker) {
    if (has_ended(worker.status)) {
        throw Error(Code::expired,
                    "worker " + to_string(worker.id) + " is " + to_string(worker.status),
                    "Its leases are gone: its jobs have been given to others.",
                    "Drop the work and register anew with ideamine.register_worker().");
    }
}

namespace {

bool is_worth_writing(const Worker& worker) {
    return is_stale(worker.last_heartbeat, pg::now(), longest_unwritten());
}

}  // namespace

void keep_alive(const Worker& worker) {
    if (is_worth_writing(worker) || !shared::note_beat(worker.id, worker.last_heartbeat)) {
        touch(worker.id, std::nullopt);
    }
}

bool try_keep_alive(const Worker& worker) {
    return !has_ended(worker.status) && !is_worth_writing(worker) &&
           shared::extend_beat(worker.id, worker.last_heartbeat);
}

bool has_stop_notices(const Uuid& id) {
    return !find_notices.execute(id).empty();
}

void touch(const Uuid& id, std::optional<pg::Json> metrics) {
    touch_worker.execute(id, pg::now(), metrics);
}

void set_status(const Uuid& id, Status status) {
    change_status.execute(id, to_string(status), has_ended(status), pg::now());
}

std::int32_t count_held_jobs(const Uuid& id) {
    return count_held.execute(id)[0].get<std::int32_t>(0);
}

void take_stop_notices(const Uuid& id, pg::Returned& returned) {
    returned.add(take_notices.execute(id));
}

std::int64_t purge(Time before) {
    return static_cast<std::int64_t>(purge_workers.execute(before).size());
}

}  // namespace ideamine::workers
