#include "budget/set_budget_store.hpp"

#include "budget/windows_store.hpp"
#include "ideamine/pg/numeric.hpp"

namespace ideamine::budget {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement make_row{
    "INSERT INTO ideamine.budgets (tenant_id, scope, scope_id, period, total, created_at,"
    "  updated_at)"
    " VALUES ($1, $2::text::ideamine.budget_scope, $3, $4::text::ideamine.budget_period, $5, $6,"
    "  $6)"
    " ON CONFLICT (tenant_id, scope, scope_id, period) DO NOTHING RETURNING tenant_id"};

constinit pg::Statement lock_row{
    "SELECT " IDEAMINE_BUDGET
    " FROM ideamine.budgets"
    " WHERE tenant_id = $1 AND scope = $2::text::ideamine.budget_scope AND scope_id = $3"
    "  AND period = $4::text::ideamine.budget_period FOR UPDATE"};

constinit pg::Statement write_row{
    "UPDATE ideamine.budgets SET total = $5, warn_at = $6, throttle_at = $7, throttle_high_at = $8,"
    "  pause_at = $9, warn_action = $10::text::ideamine.budget_action,"
    "  throttle_action = $11::text::ideamine.budget_action,"
    "  throttle_high_action = $12::text::ideamine.budget_action,"
    "  pause_action = $13::text::ideamine.budget_action, fired = $14, fired_in = $15,"
    "  updated_at = $16"
    " WHERE tenant_id = $1 AND scope = $2::text::ideamine.budget_scope AND scope_id = $3"
    "  AND period = $4::text::ideamine.budget_period"};

// Of a time so short ago that nothing of it is dropped.
#define IDEAMINE_SPENT_SINCE(condition)                         \
    "SELECT coalesce(sum(amount), 0) FROM ideamine.cost_events" \
    " WHERE tenant_id = $1 AND recorded_at > $3 AND " condition

constinit pg::Statement spent_of_run{IDEAMINE_SPENT_SINCE("run_id = $2::uuid"), Kind::reads};
constinit pg::Statement spent_of_project{IDEAMINE_SPENT_SINCE("project_id = $2"), Kind::reads};
constinit pg::Statement spent_of_tenant{IDEAMINE_SPENT_SINCE("$2 = $1"), Kind::reads};

pg::Statement& spent_by(ScopeKind kind) {
    switch (kind) {
        case ScopeKind::run:
            return spent_of_run;
        case ScopeKind::project:
            return spent_of_project;
        case ScopeKind::tenant:
            break;
    }
    return spent_of_tenant;
}

void write(const Scope& scope, const Budget& budget) {
    const auto share = [&](Threshold threshold) {
        return pg::Units{budget.thresholds[static_cast<std::size_t>(threshold)].share.millionths,
                         share_digits};
    };
    const auto action = [&](Threshold threshold) {
        return to_string(budget.thresholds[static_cast<std::size_t>(threshold)].action);
    };
    using enum Threshold;
    write_row.execute(scope.tenant, to_string(scope.kind), scope.id, to_string(budget.period),
                      pg::Units{budget.total, money_digits}, share(warn), share(throttle),
                      share(throttle_high), share(pause), action(warn), action(throttle),
                      action(throttle_high), action(pause),
                      static_cast<std::int32_t>(budget.fired.bits()), budget.fired_in, pg::now());
}

}  // namespace

SetBudget set_budget(const Scope& scope, Period period, Amount total,
                     const ThresholdChanges& changes) {
    check_total(total);
    const bool created = !make_row
                              .execute(scope.tenant, to_string(scope.kind), scope.id,
                                       to_string(period), pg::Units{total, money_digits}, pg::now())
                              .empty();
    const auto rows =
        lock_row.execute(scope.tenant, to_string(scope.kind), scope.id, to_string(period));
    auto budget = read_budget(rows[0]);
    budget.total = total;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        auto& trigger = budget.thresholds[i];
        trigger.share = changes[i].share.value_or(trigger.share);
        trigger.action = changes[i].action.value_or(trigger.action);
    }
    check(budget.thresholds);
    ThresholdSet again;
    if (!budget.fired.empty()) {
        const auto key = encode(scope);
        const auto reading = admission::shared::read(party(key), resource_of(period));
        again = armed_again(total, budget.thresholds, budget.fired, reading.usage.settled);
        budget.fired = budget.fired - again;
    }
    write(scope, budget);
    return {.created = created, .armed_again = again};
}

std::optional<Standing> standing_of(const Scope& scope, Period period, Time now) {
    const auto budgets = read_budgets(scope);
    const auto budget = std::ranges::find(budgets, period, &Budget::period);
    const auto windows = current_windows(scope.tenant, now);
    if (budget == budgets.end() || !windows) {
        return std::nullopt;
    }
    const auto key = encode(scope);
    const auto usage = admission::shared::read(party(key), resource_of(period), now).usage;
    const auto last_hour =
        spent_by(scope.kind).execute(scope.tenant, scope.id, now - std::chrono::hours{1});
    const Window forever{.start = Time::min(), .end = Time::max()};
    const auto window = period == Period::once  ? forever
                        : period == Period::day ? windows->day
                                                : windows->month;
    return Standing{.budget = *budget,
                    .spent = usage.settled,
                    .held = usage.leased + usage.held,
                    .window = window,
                    .spent_last_hour = pg::to_units("amount", last_hour[0].get<pg::Decimal>(0),
                                                    money_digits, pg::Rounding::up, false)};
}

std::string_view state_of(const Budget& budget, Time window_start) {
    const auto fired = fired_in(budget, window_start);
    const auto waiting = closed_classes(budget.thresholds, fired).waiting;
    using jobs::PriorityClass;
    if (waiting.contains(PriorityClass::p0)) {
        return "paused";
    }
    if (waiting.contains(PriorityClass::p2)) {
        return "throttled_high";
    }
    if (waiting.contains(PriorityClass::p3)) {
        return "throttled";
    }
    return fired.empty() ? "active" : "warned";
}

}  // namespace ideamine::budget
