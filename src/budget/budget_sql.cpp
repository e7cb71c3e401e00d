#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "budget/crossings_store.hpp"
#include "budget/events_store.hpp"
#include "budget/set_budget_store.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/json_fields.hpp"
#include "ideamine/pg/trigger.hpp"

using namespace ideamine;

namespace {

using budget::Threshold;
using budget::TriggerChange;

// A share as a number, or an object of both.
void read_at(TriggerChange& change, const pg::JsonMember& member) {
    pg::expect_kind(member, pg::JsonValue::Kind::number);
    change.share = budget::Share{pg::to_units(member.key, member.value.decimal(),
                                              budget::share_digits, pg::Rounding::none, false)};
}

void read_action(TriggerChange& change, const pg::JsonMember& member) {
    change.action = budget::parse_action(pg::read_text(member));
}

constexpr std::array<pg::Field<TriggerChange>, 2> trigger_fields{
    {{"at", read_at}, {"action", read_action}}};

template <Threshold threshold>
void read_trigger(budget::ThresholdChanges& changes, const pg::JsonMember& member) {
    auto& change = changes[static_cast<std::size_t>(threshold)];
    if (member.value.kind() == pg::JsonValue::Kind::number) {
        read_at(change, member);
    } else {
        pg::read_object(member.key, std::span<const pg::Field<TriggerChange>>{trigger_fields},
                        change, member.value);
    }
}

constexpr std::array<pg::Field<budget::ThresholdChanges>, 4> threshold_fields{
    {{"warn_at", read_trigger<Threshold::warn>},
     {"throttle_at", read_trigger<Threshold::throttle>},
     {"throttle_high_at", read_trigger<Threshold::throttle_high>},
     {"pause_at", read_trigger<Threshold::pause>}}};

budget::ThresholdChanges read_thresholds(const std::optional<pg::Json>& json) {
    budget::ThresholdChanges changes;
    if (json) {
        pg::read_object("thresholds",
                        std::span<const pg::Field<budget::ThresholdChanges>>{threshold_fields},
                        changes, pg::JsonValue::of(*json));
    }
    return changes;
}

budget::Scope read_scope(const std::string& tenant, const std::string& kind,
                         const std::optional<std::string>& id) {
    return budget::make_scope(tenant, budget::parse_scope_kind(kind),
                              id ? std::optional<std::string_view>{*id} : std::nullopt);
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_set_budget) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto scope = read_scope(tenant, arguments.required<std::string>(1, "scope"),
                                      arguments.optional<std::string>(2));
        // as with quotas, what a tenant may spend is not its own to say
        if (scope.kind == budget::ScopeKind::tenant) {
            access::require_platform("set_budget() of a tenant");
        }
        const auto total = pg::to_units("total", arguments.required<pg::Decimal>(3, "total"),
                                        budget::money_digits, pg::Rounding::none, true);
        const auto changes = read_thresholds(arguments.optional<pg::Json>(4));
        const auto period =
            budget::parse_period(arguments.optional<std::string>(5).value_or("once"));
        pg::Returned returned{arguments};
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::may_create);
        const auto set = budget::set_budget(scope, period, total, changes);
        std::vector<std::string> again;
        for (const auto threshold : set.armed_again) {
            again.emplace_back(to_string(threshold));
        }
        returned.add(set.created, again);
        return Datum{0};
    });
}

namespace {

struct Next {
    std::optional<std::string_view> threshold;
    std::optional<pg::Units> at;
};

Next next_of(const budget::Standing& standing) {
    const auto& budget = standing.budget;
    const auto next = next_threshold(budget.total, budget.thresholds,
                                     fired_in(budget, standing.window.start), standing.spent);
    return next ? Next{to_string(next->threshold), budget::in_dollars(next->at)} : Next{};
}

// Money that begins anew before it runs out does not run out.
std::optional<Time> exhaustion_of(const budget::Standing& standing, Time now) {
    const auto left = standing.budget.total == budget::unlimited
                          ? budget::unlimited
                          : standing.budget.total - standing.spent;
    const auto at = budget::exhausted_at(now, left, standing.spent_last_hour);
    return at && *at < standing.window.end ? at : std::nullopt;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_budget_standing) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = arguments.required<std::string>(0, "tenant_id");
        access::check_caller(tenant);
        const auto scope = read_scope(tenant, arguments.required<std::string>(1, "scope"),
                                      arguments.optional<std::string>(2));
        const auto period = budget::parse_period(arguments.required<std::string>(3, "period"));
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const pg::AsOwner owner;
        const auto now = pg::now();
        const auto standing = budget::standing_of(scope, period, now);
        if (!standing) {
            return Datum{0};
        }
        const auto [next, at] = next_of(*standing);
        const auto percent = budget::percent_used(standing->budget.total, standing->spent);
        const auto start = standing->window.start;
        returned.add(budget::in_dollars(standing->spent), budget::in_dollars(standing->held),
                     pg::Units{percent, budget::percent_digits},
                     budget::state_of(standing->budget, start), next, at,
                     budget::in_dollars(standing->spent_last_hour), exhaustion_of(*standing, now),
                     start, standing->window.end);
        return Datum{0};
    });
}

// After each change of a row of budgets, whoever makes it: what is removed closes nothing any more.
IDEAMINE_FUNCTION(ideamine_budgets_changed) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        if (const auto tenant = trigger.old_text("tenant_id");
            tenant && !trigger.new_text("tenant_id")) {
            const pg::AsOwner as_owner;
            const pg::Spi spi;
            budget::open_all(
                read_scope(*tenant, *trigger.old_text("scope"), trigger.old_text("scope_id")),
                budget::parse_period(*trigger.old_text("period")));
        }
        const auto tell = [](const auto& tenant, const auto& kind, const auto& id) {
            if (tenant && admission::shared::is_available()) {
                const auto key = encode(read_scope(*tenant, *kind, id));
                admission::shared::rules_changed(budget::party(key).scope);
            }
        };
        tell(trigger.old_text("tenant_id"), trigger.old_text("scope"),
             trigger.old_text("scope_id"));
        tell(trigger.new_text("tenant_id"), trigger.new_text("scope"),
             trigger.new_text("scope_id"));
        return pg::TriggerCall::done();
    });
}

IDEAMINE_FUNCTION(ideamine_act_on_budgets) {
    return pg::boundary([&] {
        access::require_platform("act_on_budgets()");
        const pg::Spi spi;
        return Int64GetDatum(budget::act());
    });
}

IDEAMINE_FUNCTION(ideamine_sweep_budgets) {
    return pg::boundary([&] {
        access::require_platform("sweep_budgets()");
        const pg::Spi spi;
        return Int64GetDatum(budget::sweep());
    });
}
