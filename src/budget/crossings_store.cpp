#include "budget/crossings_store.hpp"

#include <set>

#include "admission/upkeep_shared.hpp"
#include "budget/events_store.hpp"
#include "budget/windows_store.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/random.hpp"

namespace ideamine::budget {

namespace {

namespace counters = admission::shared;

constinit pg::Statement list_changed{
    "SELECT tenant_id, scope::text, scope_id, period::text FROM ideamine.budgets WHERE must_check"};

constinit pg::Statement list_all{
    "SELECT tenant_id, scope::text, scope_id, period::text FROM ideamine.budgets",
    pg::Statement::Kind::walks};

constinit pg::Statement note_crossing{
    "INSERT INTO ideamine.budget_events (event_id, tenant_id, scope, scope_id, period, "
    "period_start,"
    "  threshold, event_type, budget_total, budget_spent, budget_remaining, budget_percent_used,"
    "  classes_preempted, fired_at)"
    " VALUES ($1, $2, $3::text::ideamine.job_scope, $4, $5::text::ideamine.budget_period, $6, $7,"
    "  $8::text::ideamine.budget_action, $9, $10, $11, $12,"
    "  $13::text[]::ideamine.priority_class[], $14)"};

#define IDEAMINE_TELL(type, condition)                                                       \
    "INSERT INTO ideamine.events (event_id, tenant_id, event_type, payload, created_at)"     \
    " SELECT $2, tenant_id, '" type                                                          \
    "', jsonb_strip_nulls(jsonb_build_object("                                               \
    "  'budget_event', event_id, 'scope', scope, 'scope_id', scope_id, 'run_id',"            \
    "  CASE WHEN scope = 'run' THEN scope_id END, 'period', period, 'threshold', threshold," \
    "  'action', event_type, 'budget_total', CASE WHEN budget_total < 'infinity'"            \
    "   THEN budget_total END, 'budget_spent', budget_spent, 'budget_remaining',"            \
    "  CASE WHEN budget_remaining < 'infinity' THEN budget_remaining END,"                   \
    "  'budget_percent_used', budget_percent_used)), fired_at FROM ideamine.budget_events"   \
    " WHERE event_id = $1" condition

constinit pg::Statement tell_alert{IDEAMINE_TELL("budget-alert", "")};
constinit pg::Statement tell_pause{
    IDEAMINE_TELL("run-paused-for-budget", " AND event_type = 'pause-all'")};

using Key = std::tuple<std::string, ScopeKind, std::string, Period>;

std::set<Key> read_keys(const pg::Rows& rows) {
    std::set<Key> keys;
    for (const pg::Row row : rows) {
        keys.emplace(row.get<std::string>(0), parse_scope_kind(row.get<std::string>(1)),
                     row.get<std::string>(2), parse_period(row.get<std::string>(3)));
    }
    return keys;
}

Scope scope_of(const Key& key) {
    return {.tenant = std::get<0>(key), .kind = std::get<1>(key), .id = std::get<2>(key)};
}

std::vector<std::string> preempted_by(Action action) {
    std::vector<std::string> classes;
    for (const auto priority_class : closed_by(action).preempted) {
        classes.emplace_back(jobs::to_string(priority_class));
    }
    return classes;
}

// Returns its id.
Uuid tell(const Scope& scope, const Budget& budget, Time window_start, Threshold threshold,
          Amount spent) {
    const auto id = pg::make_uuid();
    const auto action = budget.thresholds[static_cast<std::size_t>(threshold)].action;
    const auto left = budget.total == unlimited ? unlimited : budget.total - spent;
    note_crossing.execute(
        id, scope.tenant, to_string(scope.kind), scope.id, to_string(budget.period), window_start,
        to_string(threshold), to_string(action), in_dollars(budget.total), in_dollars(spent),
        in_dollars(left), pg::Units{percent_used(budget.total, spent), percent_digits},
        preempted_by(action), pg::now());
    tell_alert.execute(id, pg::make_uuid());
    tell_pause.execute(id, pg::make_uuid());
    return id;
}

// With the row locked, by the rules as they are committed. What is charged meanwhile counts by
// these rules too, and is told if it reaches a threshold.
std::int64_t fire(const Key& key) {
    const auto scope = scope_of(key);
    const auto period = std::get<3>(key);
    auto budget = lock_budget(scope, period);
    if (!budget) {
        return 0;
    }
    const auto account = encode(scope);
    counters::rules(party(account));
    const auto spent = counters::read(party(account), resource_of(period)).usage.settled;
    pg::fault_point("budgets.firing");
    const auto windows = current_windows(scope.tenant, pg::now());
    if (!windows) {
        write_budget(scope, *budget, false);  // the tenant is no more
        return 0;
    }
    const auto window = window_of(*windows, period);
    const auto fired = fired_in(*budget, window.start);
    const auto crossing = crossed(budget->total, budget->thresholds, fired, spent);
    std::optional<Uuid> decision;
    std::int64_t count = 0;
    for (const auto threshold : crossing) {
        decision = tell(scope, *budget, window.start, threshold, spent);
        ++count;
    }
    budget->fired = fired | crossing;
    budget->fired_in = window.start;
    write_budget(scope, *budget, false);
    close_as_fired(scope, *budget, window, decision);
    pg::fault_point("budgets.fired");
    return count;
}

std::int64_t fire_all(const std::set<Key>& keys) {
    std::int64_t count = 0;
    for (const auto& key : keys) {
        pg::check_interrupts();
        count += fire(key);
    }
    return count;
}

// As far as shared memory knows it; otherwise it is asked from tables without keeping it.
bool may_fire(const Key& key, Time now) {
    const auto scope = scope_of(key);
    const auto period = std::get<3>(key);
    const auto budgets = read_budgets(scope);
    const auto budget = std::ranges::find(budgets, period, &Budget::period);
    const auto windows = current_windows(scope.tenant, now);
    if (budget == budgets.end() || !windows) {
        return false;
    }
    const auto window = window_of(*windows, period);
    const auto account = encode(scope);
    const auto known = counters::read_loaded(party(account), resource_of(period), now);
    const auto spent =
        known
            ? known->usage.settled
            : party(account).ledger->read_sums(account, resource_of(period), window.start).settled;
    return !crossed(budget->total, budget->thresholds, fired_in(*budget, window.start), spent)
                .empty();
}

}  // namespace

std::int64_t act() {
    auto keys = read_keys(list_changed.execute());
    for (const auto& reached : counters::list_reached(budget_kind)) {
        const auto scope = decode(reached.id);
        keys.emplace(scope.tenant, scope.kind, scope.id, static_cast<Period>(reached.resource));
    }
    return fire_all(keys);
}

std::int64_t sweep() {
    const auto now = pg::now();
    std::set<Key> crossed;
    for (const auto& key : read_keys(list_all.execute())) {
        pg::check_interrupts();
        if (may_fire(key, now)) {
            crossed.insert(key);
        }
    }
    return fire_all(crossed) + act();
}

}  // namespace ideamine::budget
