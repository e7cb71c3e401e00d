#include "access/role_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/caller.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/trigger.hpp"
#include "quota/user_store.hpp"

using namespace ideamine;

namespace {

using admission::Amount;
using quota::Resource;

// tenant_id, user_id, project_id
quota::User read_user(const pg::Arguments& arguments) {
    quota::User user{.tenant = access::resolve_tenant(arguments.optional<std::string>(0)),
                     .user = arguments.required<std::string>(1, "user_id"),
                     .project = arguments.required<std::string>(2, "project_id")};
    check_identifier("user_id", user.user);
    check_identifier("project_id", user.project);
    return user;
}

Amount read_amount(const pg::Arguments& arguments, int argument, const char* name,
                   Resource resource) {
    const auto value = arguments.optional<pg::Decimal>(argument);
    const auto amount =
        value ? pg::to_units(name, *value, quota::decimal_digits(resource), pg::Rounding::up, false)
              : 0;
    if (amount < 0) {
        throw Error(Code::invalid_argument, std::string{name} + " must not be negative");
    }
    return amount;
}

quota::Consumption read_consumption(const pg::Arguments& arguments) {
    return {.tokens = read_amount(arguments, 3, "tokens", Resource::tokens),
            .cost = read_amount(arguments, 4, "cost", Resource::cost)};
}

std::optional<Amount> read_limit(const pg::Arguments& arguments, int argument, const char* name,
                                 Resource resource) {
    const auto value = arguments.optional<pg::Decimal>(argument);
    if (!value) {
        return std::nullopt;
    }
    const auto limit =
        pg::to_units(name, *value, quota::decimal_digits(resource), pg::Rounding::none, true);
    if (limit < 0) {
        throw Error(Code::invalid_argument, std::string{name} + " must not be negative");
    }
    return limit;
}

pg::Units tokens(Amount amount) {
    return {amount, quota::decimal_digits(Resource::tokens)};
}
pg::Units cost(Amount amount) {
    return {amount, quota::decimal_digits(Resource::cost)};
}

void require_administrator() {
    if (!pg::acts_as("ideamine_admin")) {
        throw Error(Code::forbidden, "limits of users are set by administrators",
                    "Nobody was named who acts.",
                    "Name a user who is admin of the project as acting_user.");
    }
}

// allowed, reason, remaining_tokens, remaining_cost, reset_at
void add_verdict(pg::Returned& returned, const quota::UserVerdict& verdict) {
    const auto& [of_tokens, of_cost] = verdict.standing;
    std::optional<std::string_view> reason;
    if (!verdict.allowed()) {
        reason = verdict.tokens.allowed() ? "cost_limit_exceeded" : "token_limit_exceeded";
    }
    returned.add(verdict.allowed(), reason, tokens(remaining(of_tokens.limits, of_tokens.usage)),
                 cost(remaining(of_cost.limits, of_cost.usage)), of_tokens.window_end);
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_check_user_quota) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto user = read_user(arguments);
        const auto asked = read_consumption(arguments);
        pg::Returned returned{arguments};
        add_verdict(returned, quota::check_user(user, asked));
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_increment_user_quota) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto user = read_user(arguments);
        const auto asked = read_consumption(arguments);
        const bool enforced = arguments.optional<bool>(5).value_or(true);
        pg::Returned returned{arguments};
        const pg::Spi spi;
        access::require_tenant(user.tenant, access::Missing::may_create);
        add_verdict(returned, quota::increment_user(user, asked, !enforced));
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_get_user_quota_status) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto user = read_user(arguments);
        pg::Returned returned{arguments};
        const auto [of_tokens, of_cost] = quota::standing_of(user);
        returned.add(tokens(of_tokens.limits.limit), tokens(in_use(of_tokens.usage)),
                     tokens(remaining(of_tokens.limits, of_tokens.usage)),
                     cost(of_cost.limits.limit), cost(in_use(of_cost.usage)),
                     cost(remaining(of_cost.limits, of_cost.usage)), of_tokens.window_end);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_reset_user_quota) {
    return pg::boundary([&] {
        const auto user = read_user(pg::Arguments{fcinfo});
        const pg::Spi spi;
        quota::reset_user(user);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_reset_all_quotas) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto project = arguments.optional<std::string>(1);
        const pg::Spi spi;
        return Int64GetDatum(quota::reset_users(tenant, project));
    });
}

IDEAMINE_FUNCTION(ideamine_update_user_quota_limits) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto user = read_user(arguments);
        const auto max_tokens = read_limit(arguments, 3, "max_tokens_daily", Resource::tokens);
        const auto max_cost = read_limit(arguments, 4, "max_cost_daily", Resource::cost);
        const auto acting_user = arguments.optional<std::string>(5);
        const pg::Spi spi;
        access::require_tenant(user.tenant, access::Missing::may_create);
        if (acting_user) {
            access::require_role({user.tenant, user.project, *acting_user}, access::Role::admin);
        } else {
            require_administrator();
        }
        quota::set_user_limits(user, max_tokens, max_cost);
        return Datum{0};
    });
}

// After each change of a row of user_quota_limits, whoever makes it.
IDEAMINE_FUNCTION(ideamine_user_limits_changed) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        const auto tell = [](const auto& tenant, const auto& user, const auto& project) {
            if (tenant && admission::shared::is_available()) {
                const auto id = quota::user_id({*tenant, *user, *project});
                admission::shared::rules_changed(quota::user_scope(id));
            }
        };
        tell(trigger.old_text("tenant_id"), trigger.old_text("user_id"),
             trigger.old_text("project_id"));
        tell(trigger.new_text("tenant_id"), trigger.new_text("user_id"),
             trigger.new_text("project_id"));
        return pg::TriggerCall::done();
    });
}
