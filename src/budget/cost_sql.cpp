#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "budget/budget_settings.hpp"
#include "budget/events_store.hpp"
#include "budget/reservations_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/read_store.hpp"

using namespace ideamine;

namespace {

budget::Amount read_money(const pg::Arguments& arguments, int argument, const char* name) {
    const auto amount = pg::to_units(name, arguments.required<pg::Decimal>(argument, name),
                                     budget::money_digits, pg::Rounding::up, false);
    if (amount < 0) {
        throw Error(Code::invalid_argument, std::string{name} + " must not be negative");
    }
    return amount;
}

std::optional<std::string> read_name(const pg::Arguments& arguments, int argument,
                                     const char* name) {
    auto value = arguments.optional<std::string>(argument);
    if (value) {
        check_identifier(name, *value);
    }
    return value;
}

// What a job costs counts in the budgets of its run and its project, without naming them.
void complete(budget::Purpose& purpose) {
    if (!purpose.job || (purpose.run && purpose.project)) {
        return;
    }
    const pg::Spi spi;
    const pg::AsOwner owner;
    const auto belonging = jobs::belonging_of(purpose.tenant, *purpose.job);
    purpose.run = purpose.run ? purpose.run : belonging.run;
    purpose.project = purpose.project ? purpose.project : belonging.project;
}

// tenant_id, an amount, run, job, project, user, model.
budget::Purpose read_purpose(const pg::Arguments& arguments) {
    budget::Purpose purpose{.tenant = access::resolve_tenant(arguments.optional<std::string>(0)),
                            .run = arguments.optional<Uuid>(2),
                            .job = arguments.optional<Uuid>(3),
                            .project = read_name(arguments, 4, "project"),
                            .user = read_name(arguments, 5, "user"),
                            .model = read_name(arguments, 6, "model")};
    complete(purpose);
    return purpose;
}

constexpr Duration longest_hold = std::chrono::days{30};

Duration read_ttl(const pg::Arguments& arguments, int argument) {
    const auto ttl = arguments.optional<Duration>(argument).value_or(budget::reservation_ttl());
    if (ttl <= Duration::zero() || ttl > longest_hold) {
        throw Error(Code::invalid_argument, "expires_in must be above 0 and at most 30 days");
    }
    return ttl;
}

// allowed, remaining, reason, scope, period; after `leading`.
template <typename... Leading>
void add_answer(pg::Returned& returned, const budget::Answer& answer, const Leading&... leading) {
    using Text = std::optional<std::string_view>;
    returned.add(answer.allowed, leading..., budget::in_dollars(answer.remaining),
                 answer.allowed ? Text{} : Text{"budget_exceeded"},
                 answer.scope ? Text{to_string(*answer.scope)} : Text{},
                 answer.period ? Text{to_string(*answer.period)} : Text{});
}

// What belongs to others does not exist for the caller.
void require_reservation(const Uuid& reservation) {
    const auto tenant = budget::tenant_of_reservation(reservation);
    if (!tenant || !access::caller_sees(*tenant)) {
        throw Error(Code::unknown, "reservation " + to_string(reservation) + " does not exist");
    }
}

void refuse_other_end(const Uuid& reservation, const budget::Settled& settled) {
    if (settled.ended == budget::Ended::other) {
        throw Error(Code::conflict,
                    "reservation " + to_string(reservation) + " is " + settled.state);
    }
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_record_cost) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto purpose = read_purpose(arguments);
        const auto amount = read_money(arguments, 1, "amount");
        const budget::Record record{.key = read_name(arguments, 7, "idempotency_key"),
                                    .metadata = jobs::read_payload(arguments, 8, "metadata")};
        pg::Returned returned{arguments};
        const auto [event, is_new] = budget::record(purpose, amount, record);
        returned.add(event, is_new);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_check_budget) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto answer =
            budget::check(read_purpose(arguments), read_money(arguments, 1, "amount"));
        pg::Returned returned{arguments};
        add_answer(returned, answer);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_reserve_cost) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto purpose = read_purpose(arguments);
        const auto estimate = read_money(arguments, 1, "estimate");
        const auto ttl = read_ttl(arguments, 7);
        pg::Returned returned{arguments};
        const auto held = budget::reserve(purpose, estimate, ttl);
        add_answer(returned, held.answer, held.reservation);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_settle_cost) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto reservation = arguments.required<Uuid>(0, "reservation_id");
        const auto actual = read_money(arguments, 1, "actual");
        require_reservation(reservation);
        pg::Returned returned{arguments};
        const auto settled = budget::settle(reservation, actual);
        refuse_other_end(reservation, settled);
        returned.add(settled.ended == budget::Ended::now, settled.event);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_release_cost) {
    return pg::boundary([&] {
        const auto reservation = pg::Arguments{fcinfo}.required<Uuid>(0, "reservation_id");
        require_reservation(reservation);
        const auto released = budget::release(reservation);
        refuse_other_end(reservation, released);
        return BoolGetDatum(released.ended == budget::Ended::now);
    });
}

IDEAMINE_FUNCTION(ideamine_expire_cost_reservations) {
    return pg::boundary([&] {
        access::require_platform("expire_cost_reservations()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(budget::expire_reservations(at));
    });
}
