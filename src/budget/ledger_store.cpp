#include "budget/ledger_store.hpp"

#include "budget/rollups_store.hpp"
#include "budget/windows_store.hpp"
#include "ideamine/pg/bell.hpp"
#include "ideamine/pg/numeric.hpp"
#include "quota/audit_store.hpp"

namespace ideamine::budget {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement find_budgets{
    "SELECT " IDEAMINE_BUDGET
    " FROM ideamine.budgets"
    " WHERE tenant_id = $1 AND scope = $2::text::ideamine.job_scope AND scope_id = $3",
    Kind::reads_latest};

// Of a window from $3 to before $4. What settles a reservation counts in the day in which that was
// made, so that it may be recorded later. What was recorded before the horizon is in the rollups,
// whole.
#define IDEAMINE_SPENT_IF(rolled_up, recorded)                                            \
    "SELECT coalesce((SELECT sum(amount) FROM ideamine.cost_rollups"                      \
    "  WHERE tenant_id = $1 AND day_start >= $3 AND day_start < $4 AND " rolled_up        \
    "), 0) + coalesce((SELECT sum(amount) FROM ideamine.cost_events"                      \
    "  WHERE tenant_id = $1 AND day_start >= $3 AND day_start < $4 AND recorded_at >= $3" \
    "   AND recorded_at >= coalesce("                                                     \
    "    (SELECT rolled_up_to FROM ideamine_internal.cost_horizon), '-infinity')"         \
    "   AND " recorded "), 0)"
#define IDEAMINE_SPENT(condition) IDEAMINE_SPENT_IF(condition, condition)
#define IDEAMINE_HELD_MONEY(condition)                                                   \
    "SELECT coalesce(sum(estimate), 0) FROM ideamine.cost_reservations"                  \
    " WHERE tenant_id = $1 AND day_start >= $3 AND day_start < $4 AND ended_at IS NULL " \
    "AND " condition

struct Sums {
    pg::Statement spent;
    pg::Statement held;
};

constinit Sums of_run{pg::Statement{IDEAMINE_SPENT("run_id = $2::uuid"), Kind::reads_latest},
                      pg::Statement{IDEAMINE_HELD_MONEY("run_id = $2::uuid"), Kind::reads_latest}};
constinit Sums of_project{
    pg::Statement{IDEAMINE_SPENT("project_id = $2"), Kind::reads_latest},
    pg::Statement{IDEAMINE_HELD_MONEY("project_id = $2"), Kind::reads_latest}};
constinit Sums of_tenant{
    pg::Statement{
        // the primary key has the days on which it was recorded, none of them before the window
        IDEAMINE_SPENT_IF("$2 = $1 AND day >= ($3 AT TIME ZONE 'UTC')::date", "$2 = $1"),
        Kind::reads_latest},
    pg::Statement{IDEAMINE_HELD_MONEY("$2 = $1"), Kind::reads_latest}};

Sums& sums_of(ScopeKind kind) {
    switch (kind) {
        case ScopeKind::run:
            return of_run;
        case ScopeKind::project:
            return of_project;
        case ScopeKind::tenant:
            break;
    }
    return of_tenant;
}

Amount money(const pg::Row& row, int column) {
    return pg::to_units("amount", row.get<pg::Decimal>(column), money_digits, pg::Rounding::up,
                        true);
}

// Of those that are armed the first to be reached, which may be so already.
Amount first_armed(const Budget& budget, Time window_start) {
    const auto fired = fired_in(budget, window_start);
    auto first = unlimited;
    for (const auto threshold : all_thresholds) {
        const auto& trigger = budget.thresholds[static_cast<std::size_t>(threshold)];
        if (!fired.contains(threshold) && trigger.action != Action::none) {
            first = std::min(first, reached_at(budget.total, trigger.share));
        }
    }
    return first;
}

class BudgetLedger final : public admission::Ledger {
  public:
    constexpr BudgetLedger() = default;

    admission::Rules read_rules(std::string_view id, Time now) const override {
        const auto scope = decode(id);
        admission::Rules rules;
        rules.kept = 0;
        const auto windows = current_windows(scope.tenant, now);
        if (!windows) {
            // a prepared transaction that makes a tenant tells nobody when it commits
            rules.window_end = now + std::chrono::seconds{1};
            rules.exists = false;
            return rules;
        }
        rules.windowed = 1U << resource_of(Period::day) | 1U << resource_of(Period::month);
        rules.long_windowed = 1U << resource_of(Period::month);
        rules.window_start = windows->day.start;
        rules.window_end = windows->day.end;
        rules.long_window_start = windows->month.start;
        for (const auto& budget : read_budgets(scope)) {
            const auto resource = resource_of(budget.period);
            rules.kept |= static_cast<std::uint8_t>(1U << resource);
            auto& limits = rules.limits[static_cast<std::size_t>(resource)];
            limits.limit = budget.total;
            limits.report_at = first_armed(budget, rules.window_of(resource));
        }
        return rules;
    }

    admission::Sums read_sums(std::string_view id, int resource, Time window_start) const override {
        const auto scope = decode(id);
        const auto end = window_end(scope.tenant, static_cast<Period>(resource), window_start);
        auto& sums = sums_of(scope.kind);
        keep_costs();
        const auto spent = sums.spent.execute(scope.tenant, scope.id, window_start, end);
        const auto held = sums.held.execute(scope.tenant, scope.id, window_start, end);
        return {.settled = money(spent[0], 0), .leased = money(held[0], 0)};
    }

    void report(std::string_view, int, admission::Happening happening,
                const admission::Reading&) const noexcept override {
        if (happening == admission::Happening::reached) {
            pg::bell::ring(Bell::budgets);
        }
    }
};

constinit const BudgetLedger the_ledger;

ThresholdSet read_fired(std::int32_t bits) {
    return ThresholdSet::from_bits(static_cast<std::uint8_t>(bits));
}

}  // namespace

namespace {

quota::Resource as_cost(int) {
    return quota::Resource::cost;
}

std::string printable(std::string_view key) {
    const auto scope = decode(key);
    return scope.tenant + " " + std::string{to_string(scope.kind)} + " " + scope.id;
}

}  // namespace

void let_audit() {
    static const quota::Book book{budget_kind, "budget", the_ledger, as_cost, printable};
    quota::audit_also(book);
}

admission::shared::Party party(std::string_view key) {
    return {.ledger = &the_ledger, .scope = {.kind = budget_kind, .id = key}};
}

Budget read_budget(const pg::Row& row, int first) {
    Budget budget{.period = parse_period(row.get<std::string>(first)),
                  .total = money(row, first + 1),
                  .thresholds = {},
                  .fired = read_fired(row.get<std::int32_t>(first + 10)),
                  .fired_in = row.get<Time>(first + 11)};
    for (std::size_t i = 0; i < budget.thresholds.size(); ++i) {
        const auto column = first + static_cast<int>(i);
        budget.thresholds[i] = {.share = {pg::to_units("share", row.get<pg::Decimal>(column + 2),
                                                       share_digits, pg::Rounding::up, false)},
                                .action = parse_action(row.get<std::string>(column + 6))};
    }
    return budget;
}

std::vector<Budget> read_budgets(const Scope& scope) {
    std::vector<Budget> budgets;
    for (const pg::Row row : find_budgets.execute(scope.tenant, to_string(scope.kind), scope.id)) {
        budgets.push_back(read_budget(row));
    }
    return budgets;
}

}  // namespace ideamine::budget
