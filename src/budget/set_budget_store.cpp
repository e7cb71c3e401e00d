#include "budget/set_budget_store.hpp"

#include "budget/budget_rows_store.hpp"
#include "budget/windows_store.hpp"
#include "ideamine/pg/numeric.hpp"
#include "workflow/runs_store.hpp"

namespace ideamine::budget {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement make_row{
    "INSERT INTO ideamine.budgets (tenant_id, scope, scope_id, period, total, created_at,"
    "  updated_at)"
    " VALUES ($1, $2::text::ideamine.job_scope, $3, $4::text::ideamine.budget_period, $5, $6,"
    "  $6)"
    " ON CONFLICT (tenant_id, scope, scope_id, period) DO NOTHING RETURNING tenant_id"};

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

}  // namespace

namespace {

// What is closed by now may be open again, or only with another action.
void close_as_changed(const Scope& scope, const Budget& budget) {
    if (const auto windows = current_windows(scope.tenant, pg::now())) {
        close_as_fired(scope, budget, window_of(*windows, budget.period));
    }
}

}  // namespace

SetBudget set_budget(const Scope& scope, Period period, Amount total,
                     const ThresholdChanges& changes) {
    check_total(total);
    const bool created = !make_row
                              .execute(scope.tenant, to_string(scope.kind), scope.id,
                                       to_string(period), pg::Units{total, money_digits}, pg::now())
                              .empty();
    auto budget = *lock_budget(scope, period);
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
    write_budget(scope, budget, true);
    if (!created) {
        close_as_changed(scope, budget);
    }
    if (scope.kind == ScopeKind::run) {
        workflow::note_run(scope.tenant, *parse_uuid(scope.id));
    }
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
    const auto window = window_of(*windows, period);
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
