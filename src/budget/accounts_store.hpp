// The budgets that money is spent from: which accounts count it, and in which windows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "budget/ledger_store.hpp"

namespace ideamine::budget {

// For whom money is spent: it counts in every budget of these.
struct Purpose {
    std::string tenant;
    std::optional<Uuid> run;
    std::optional<Uuid> job;
    std::optional<std::string> project;
    std::optional<std::string> user;
    std::optional<std::string> model;
};

// The tenant's day and month in which something counts.
struct Starts {
    Time day;
    Time month;
};

// Whether the caller's transaction goes on to write what counts, or only asks. What it writes while
// there is no budget for it keeps others from counting for one until it ends.
enum class Writing { follows, never };

class Accounts {
  public:
    // Throws ID404 if there is no such tenant; default-tenant is made on first use.
    explicit Accounts(const Purpose& purpose, Writing writing = Writing::follows);

    // Of each budget, of an amount above 0. Of those of a period that has passed nothing is asked.
    // They live as long as this.
    std::vector<admission::shared::Ask> asks(Amount amount,
                                             const std::optional<Starts>& within = {}) const;
    // Lets go, when the caller's transaction commits, what is held since then.
    void end_leases(Amount amount, const Starts& since) const;

    // In which that counts which got these answers, if there is any budget to ask.
    Starts starts_of(const std::vector<admission::shared::Answer>& answers) const;
    // Of one of the asks, by its place.
    ScopeKind kind_of(std::size_t ask) const { return counted_[ask].kind; }
    Period period_of(std::size_t ask) const { return counted_[ask].period; }

  private:
    struct Counted {
        std::size_t key;
        ScopeKind kind;
        Period period;
    };

    void add(const Scope& scope);

    Writing writing_;
    std::vector<std::string> keys_;
    std::vector<Counted> counted_;
    Starts starts_{};
};

}  // namespace ideamine::budget
