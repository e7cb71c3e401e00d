// What users may use per day in a project, and what they do.
//
// The same counters as those of tenants, with a scope for each user in each project; a day is that
// of the tenant. They are counted apart from the tenant's: who wants both asks for both.
#pragma once

#include "admission/admission_shared.hpp"
#include "quota/resource.hpp"

namespace ideamine::quota {

using admission::Amount;

inline constexpr char user_kind = 'u';
const admission::Ledger& user_ledger();

struct User {
    std::string tenant;
    std::string user;
    std::string project;
};

// Tokens and cost, in the smallest units.
struct Consumption {
    Amount tokens = 0;
    Amount cost = 0;
};

struct UserStanding {
    admission::Reading tokens;
    admission::Reading cost;
};

// Takes nothing.
UserStanding standing_of(const User& user);
struct UserVerdict {
    admission::Verdict tokens;
    admission::Verdict cost;
    UserStanding standing;

    bool allowed() const { return tokens.allowed() && cost.allowed(); }
};
UserVerdict check_user(const User& user, const Consumption& asked);

// Takes and records both or none of them; `always`: whatever the limits say. The limits of a user
// are made on first use. Inside a pg::Spi, as the owner.
UserVerdict increment_user(const User& user, const Consumption& asked, bool always);

// Lets the day begin anew, as far as usage goes.
void reset_user(const User& user);
// All users of a tenant, or of a project of it, who have used anything today. Returns how many.
std::int64_t reset_users(const std::string& tenant, const std::optional<std::string>& project);

// Sets what is named.
void set_user_limits(const User& user, const std::optional<Amount>& tokens,
                     const std::optional<Amount>& cost);

admission::Scope user_scope(const std::string& id);
std::string user_id(const User& user);

}  // namespace ideamine::quota
