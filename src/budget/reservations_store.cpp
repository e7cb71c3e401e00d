#include "budget/reservations_store.hpp"

#include "budget/events_store.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/random.hpp"

namespace ideamine::budget {

namespace {

namespace counters = admission::shared;

constinit pg::Statement find_epoch{
    "SELECT epoch FROM ideamine.jobs"
    " WHERE job_id = $1 AND tenant_id = $2 AND status::text = 'running'",
    pg::Statement::Kind::reads_latest};

constinit pg::Statement insert_reservation{
    "INSERT INTO ideamine.cost_reservations (reservation_id, reserved_at, expires_at, day_start,"
    "  month_start, state, estimate, tenant_id, run_id, job_id, epoch, project_id, user_id, model)"
    " VALUES ($1, $2, $3, $4, $5, 'held', $6, $7, $8, $9, $10, $11, $12, $13)"};

#define IDEAMINE_RESERVATION                                                               \
    "reservation_id, tenant_id, run_id, job_id, project_id, user_id, model, state::text, " \
    "estimate, day_start, month_start"

constinit pg::Statement lock_reservation{
    "SELECT " IDEAMINE_RESERVATION
    " FROM ideamine.cost_reservations WHERE reservation_id = $1 FOR UPDATE"};

constinit pg::Statement find_tenant{
    "SELECT tenant_id FROM ideamine.cost_reservations WHERE reservation_id = $1",
    pg::Statement::Kind::reads_latest};

constinit pg::Statement lock_expired{
    "SELECT " IDEAMINE_RESERVATION
    " FROM ideamine.cost_reservations WHERE expires_at <= $1 AND ended_at IS NULL"
    " ORDER BY expires_at LIMIT 10000 FOR UPDATE SKIP LOCKED"};

constinit pg::Statement end_reservations{
    "UPDATE ideamine.cost_reservations r SET state = $3::text::ideamine.reservation_state,"
    "  ended_at = $4, actual = $5"
    " FROM unnest($1::uuid[], $2::text[]) AS e (reservation_id, tenant_id)"
    " WHERE r.reservation_id = e.reservation_id AND r.tenant_id = e.tenant_id"};

constinit pg::Statement insert_attempt{
    "INSERT INTO ideamine.cost_reservations (reservation_id, reserved_at, expires_at, day_start,"
    "  month_start, state, estimate, tenant_id, run_id, job_id, project_id, by_claim)"
    " VALUES ($1, $2, 'infinity', $3, $4, 'held', $5, $6, $7, $8, $9, true)"};

constinit pg::Statement lock_attempts{
    "SELECT r.* FROM unnest($1::text[], $2::uuid[]) AS j (tenant_id, job_id)"
    " CROSS JOIN LATERAL (SELECT " IDEAMINE_RESERVATION
    " FROM ideamine.cost_reservations"
    "  WHERE job_id = j.job_id AND tenant_id = j.tenant_id AND by_claim AND ended_at IS NULL"
    "  FOR UPDATE) AS r"};

// Nobody says so when a job is removed by hand.
constinit pg::Statement lock_left_behind{
    "SELECT " IDEAMINE_RESERVATION
    " FROM ideamine.cost_reservations r WHERE by_claim AND ended_at IS NULL"
    "  AND NOT EXISTS (SELECT FROM ideamine.jobs j WHERE j.job_id = r.job_id"
    "   AND j.tenant_id = r.tenant_id AND j.status::text = 'running' OFFSET 0)"
    " LIMIT 10000 FOR UPDATE OF r SKIP LOCKED"};

// The attempt that holds them has ended, or was taken over by another.
constinit pg::Statement mark_unresolved{
    "UPDATE ideamine.cost_reservations r SET state = 'unresolved'"
    " WHERE r.ended_at IS NULL AND r.state::text = 'held' AND r.epoch IS NOT NULL"
    "  AND NOT EXISTS (SELECT FROM ideamine.jobs j WHERE j.job_id = r.job_id"
    "   AND j.tenant_id = r.tenant_id AND j.epoch = r.epoch AND j.status::text = 'running'"
    "   OFFSET 0)"};

struct Reservation {
    Uuid id;
    Purpose purpose;
    std::string state;
    Amount estimate;
    Starts since;

    bool counts() const { return state == "held" || state == "unresolved"; }
};

Reservation read_reservation(const pg::Row& row) {
    return {.id = row.get<Uuid>(0),
            .purpose = {.tenant = row.get<std::string>(1),
                        .run = row.optional<Uuid>(2),
                        .job = row.optional<Uuid>(3),
                        .project = row.optional<std::string>(4),
                        .user = row.optional<std::string>(5),
                        .model = row.optional<std::string>(6)},
            .state = row.get<std::string>(7),
            .estimate = pg::to_units("estimate", row.get<pg::Decimal>(8), money_digits,
                                     pg::Rounding::up, false),
            .since = {.day = row.get<Time>(9), .month = row.get<Time>(10)}};
}

// Others count it until the commit; whoever loads its counters meanwhile finds it in the table.
void let_go(const Reservation& reservation, std::string_view state,
            std::optional<Amount> actual = {}) {
    end_reservations.execute(std::vector{reservation.id}, std::vector{reservation.purpose.tenant},
                             state, pg::now(),
                             actual ? std::optional{in_dollars(*actual)} : std::nullopt);
    pg::fault_point("costs.reservation_ended");
    if (reservation.counts() && reservation.estimate > 0) {
        Accounts{reservation.purpose}.end_leases(reservation.estimate, reservation.since);
    }
}

// Retention may have removed it a moment ago.
Reservation lock(const Uuid& id) {
    const auto rows = lock_reservation.execute(id);
    if (rows.empty()) {
        throw Error(Code::unknown, "reservation " + to_string(id) + " does not exist");
    }
    return read_reservation(rows[0]);
}

}  // namespace

std::optional<std::string> tenant_of_reservation(const Uuid& reservation) {
    const pg::AsOwner as_owner;
    const pg::Spi spi;
    const auto rows = find_tenant.execute(reservation);
    return rows.empty() ? std::nullopt : std::optional{rows[0].get<std::string>(0)};
}

Held reserve(const Purpose& purpose, Amount estimate, Duration ttl) {
    const Accounts accounts{purpose};
    const auto asks = estimate > 0 ? accounts.asks(estimate) : std::vector<counters::Ask>{};
    const auto answers = asks.empty() ? std::vector<counters::Answer>{}
                                      : counters::admit(asks, counters::Throttling::ignored,
                                                        counters::Purpose::lease);
    const auto answer = answer_from(accounts, answers);
    if (!answer.allowed) {
        return {.answer = answer, .reservation = {}};
    }
    const auto [day, month] = accounts.starts_of(answers);
    const auto now = pg::now();
    const auto id = pg::make_uuid();
    const pg::AsOwner as_owner;
    const pg::Spi spi;
    std::optional<std::int64_t> epoch;
    if (purpose.job) {
        const auto rows = find_epoch.execute(*purpose.job, purpose.tenant);
        epoch = rows.empty() ? std::nullopt : std::optional{rows[0].get<std::int64_t>(0)};
    }
    insert_reservation.execute(id, now, saturating_add(now, ttl), day, month, in_dollars(estimate),
                               purpose.tenant, purpose.run, purpose.job, epoch, purpose.project,
                               purpose.user, purpose.model);
    pg::fault_point("costs.reserved");
    return {.answer = answer, .reservation = id};
}

Settled settle(const Uuid& id, Amount actual) {
    std::optional<Reservation> reservation;
    {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        reservation = lock(id);
        if (reservation->state == "settled" || reservation->state == "released") {
            const bool before = reservation->state == "settled";
            return {.ended = before ? Ended::before : Ended::other,
                    .state = reservation->state,
                    .event = {}};
        }
        let_go(*reservation, "settled", actual);
    }
    const Accounts accounts{reservation->purpose};
    if (actual > 0) {
        if (const auto asks = accounts.asks(actual, reservation->since); !asks.empty()) {
            counters::take(asks, counters::Purpose::usage);
        }
    }
    const auto event = pg::make_uuid();
    append({.id = event,
            .purpose = reservation->purpose,
            .amount = actual,
            .kind = "settled",
            .day_start = reservation->since.day,
            .reservation = id,
            .metadata = {}});
    return {.ended = Ended::now, .state = "settled", .event = event};
}

Settled release(const Uuid& id) {
    const pg::AsOwner as_owner;
    const pg::Spi spi;
    const auto reservation = lock(id);
    if (!reservation.counts()) {
        const bool before = reservation.state == "released" || reservation.state == "expired";
        return {.ended = before ? Ended::before : Ended::other,
                .state = reservation.state,
                .event = {}};
    }
    let_go(reservation, "released");
    return {.ended = Ended::now, .state = "released", .event = {}};
}

void record_attempt(const Purpose& purpose, Amount estimate, const Starts& since) {
    insert_attempt.execute(pg::make_uuid(), pg::now(), since.day, since.month, in_dollars(estimate),
                           purpose.tenant, purpose.run, purpose.job, purpose.project);
}

void release_attempts(const std::vector<std::string>& tenants, const std::vector<Uuid>& jobs) {
    std::vector<Reservation> held;
    for (const pg::Row row : lock_attempts.execute(tenants, jobs)) {
        held.push_back(read_reservation(row));
    }
    for (const auto& reservation : held) {
        let_go(reservation, "released");
    }
}

std::int64_t expire_reservations(Time at) {
    std::vector<Reservation> expired;
    for (const pg::Row row : lock_expired.execute(at)) {
        expired.push_back(read_reservation(row));
    }
    for (const pg::Row row : lock_left_behind.execute()) {
        expired.push_back(read_reservation(row));
    }
    for (const auto& reservation : expired) {
        pg::check_interrupts();
        let_go(reservation, "expired");
    }
    mark_unresolved.execute();
    return static_cast<std::int64_t>(expired.size());
}

}  // namespace ideamine::budget
