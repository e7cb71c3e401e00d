// The durable record of what was spent: appended rows, in a partition for each day.
#pragma once

#include "budget/accounts_store.hpp"
#include "ideamine/pg/numeric.hpp"

namespace ideamine::budget {

struct CostEvent {
    Uuid id;
    const Purpose& purpose;
    Amount amount;
    std::string_view kind;  // see type ideamine.cost_kind
    Time day_start;         // of the tenant's day that counts it
    std::optional<Uuid> reservation;
    std::optional<pg::Json> metadata;
};

// Makes its partition if nobody did so in time. Whoever calls: as the owner.
void append(const CostEvent& event);

inline pg::Units in_dollars(Amount amount) {
    return {amount, money_digits};
}

}  // namespace ideamine::budget
