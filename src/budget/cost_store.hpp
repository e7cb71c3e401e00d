// Spending money, and asking whether it may be spent.
//
// All of it runs as the caller, whose rights to the tenant were checked: what has to be read or
// written is, as the owner.
#pragma once

#include "budget/accounts_store.hpp"

namespace ideamine::budget {

struct Record {
    std::optional<std::string> key;  // a second one with it is not recorded
    std::optional<pg::Json> metadata;
};

struct Recorded {
    Uuid event;
    bool is_new;  // false: the key stands for this event already
};
// Records it and counts it, whatever budgets say. Throws ID404 for an unknown tenant, ID409 if the
// key stands for another amount.
Recorded record(const Purpose& purpose, Amount amount, const Record& record);

// May so much be spent? A refusal names the budget that has the least left.
struct Answer {
    bool allowed;
    Amount remaining;                // of the budget with the least left; unlimited: there is none
    std::optional<ScopeKind> scope;  // of a refusal
    std::optional<Period> period;
};
Answer check(const Purpose& purpose, Amount amount);
Answer answer_from(const Accounts& accounts, const std::vector<admission::Verdict>& verdicts,
                   const std::vector<admission::Reading>& readings);
Answer answer_from(const Accounts& accounts, const std::vector<admission::shared::Answer>& answers);

}  // namespace ideamine::budget
