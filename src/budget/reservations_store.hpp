// Money that is held before it is spent, so that concurrent calls cannot pass a budget together.
//
// As with costs, all but the last function run as the caller.
#pragma once

#include "budget/cost_store.hpp"

namespace ideamine::budget {

struct Held {
    Answer answer;
    std::optional<Uuid> reservation;
};
// Holds it in all budgets or in none. If it is for a job that is running, the attempt holds it.
Held reserve(const Purpose& purpose, Amount estimate, Duration ttl);

// None: there is no such reservation.
std::optional<std::string> tenant_of_reservation(const Uuid& reservation);

enum class Ended {
    now,
    before,  // in this way
    other,   // in another way
};
// What an attempt of a job holds until it ends, as it was taken in this transaction since then.
void record_attempt(const Purpose& purpose, Amount estimate, const Starts& since);
// Attempts of these jobs have ended: they hold nothing any more.
void release_attempts(const std::vector<std::string>& tenants, const std::vector<Uuid>& jobs);

struct Settled {
    Ended ended;
    std::string state;
    std::optional<Uuid> event;
};
// Records what a reservation came to, and lets go what it held. One that has expired is recorded
// all the same: the money is spent. There has to be such a reservation.
Settled settle(const Uuid& reservation, Amount actual);
// Lets go what it held. The same.
Settled release(const Uuid& reservation);

// One pass: reservations whose time is over expire, those of attempts that have ended are
// unresolved from now on. Returns how many expired. Inside a pg::Spi, as the owner.
std::int64_t expire_reservations(Time at);

}  // namespace ideamine::budget
