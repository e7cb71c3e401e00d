#include "budget/budget_rows_store.hpp"

#include "ideamine/pg/bell.hpp"
#include "ideamine/pg/numeric.hpp"
#include "jobs/closings_store.hpp"
#include "jobs/preempted_store.hpp"
#include "workflow/runs_store.hpp"

namespace ideamine::budget {

namespace {

constinit pg::Statement lock_row{
    "SELECT " IDEAMINE_BUDGET
    " FROM ideamine.budgets"
    " WHERE tenant_id = $1 AND scope = $2::text::ideamine.job_scope AND scope_id = $3"
    "  AND period = $4::text::ideamine.budget_period FOR UPDATE"};

constinit pg::Statement write_row{
    "UPDATE ideamine.budgets SET total = $5, warn_at = $6, throttle_at = $7, throttle_high_at = $8,"
    "  pause_at = $9, warn_action = $10::text::ideamine.budget_action,"
    "  throttle_action = $11::text::ideamine.budget_action,"
    "  throttle_high_action = $12::text::ideamine.budget_action,"
    "  pause_action = $13::text::ideamine.budget_action, fired = $14, fired_in = $15,"
    "  must_check = $16, updated_at = $17"
    " WHERE tenant_id = $1 AND scope = $2::text::ideamine.job_scope AND scope_id = $3"
    "  AND period = $4::text::ideamine.budget_period"};

void close(const Scope& scope, Period period, ClassSet classes, Time opens_at,
           const std::optional<Uuid>& decision) {
    jobs::close({.tenant = scope.tenant,
                 .scope = std::string{to_string(scope.kind)},
                 .id = scope.id,
                 .cause = std::string{to_string(period)},
                 .classes = classes,
                 .reason = jobs::budget_exceeded,
                 .opens_at = opens_at,
                 .decision = decision});
    if (scope.kind == ScopeKind::run) {
        workflow::follow_closings(scope.tenant, *parse_uuid(scope.id));
    }
}

}  // namespace

std::optional<Budget> lock_budget(const Scope& scope, Period period) {
    const auto rows =
        lock_row.execute(scope.tenant, to_string(scope.kind), scope.id, to_string(period));
    return rows.empty() ? std::nullopt : std::optional{read_budget(rows[0])};
}

void write_budget(const Scope& scope, const Budget& budget, bool must_check) {
    const auto share = [&](Threshold threshold) {
        return pg::Units{budget.thresholds[static_cast<std::size_t>(threshold)].share.millionths,
                         share_digits};
    };
    const auto action = [&](Threshold threshold) {
        return to_string(budget.thresholds[static_cast<std::size_t>(threshold)].action);
    };
    using enum Threshold;
    write_row.execute(
        scope.tenant, to_string(scope.kind), scope.id, to_string(budget.period),
        pg::Units{budget.total, money_digits}, share(warn), share(throttle), share(throttle_high),
        share(pause), action(warn), action(throttle), action(throttle_high), action(pause),
        static_cast<std::int32_t>(budget.fired.bits()), budget.fired_in, must_check, pg::now());
    if (must_check) {
        pg::bell::ring_at_commit(Bell::budgets);
    }
}

void close_as_fired(const Scope& scope, const Budget& budget, const Window& window,
                    const std::optional<Uuid>& decision) {
    const auto fired = fired_in(budget, window.start);
    close(scope, budget.period, closed_classes(budget.thresholds, fired).waiting, window.end,
          decision);
}

void open_all(const Scope& scope, Period period) {
    close(scope, period, {}, Time::max(), {});
}

}  // namespace ideamine::budget
