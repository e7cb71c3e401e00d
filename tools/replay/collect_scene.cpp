#include <string>

#include "replay/collect.hpp"

namespace replay {

namespace {

std::optional<std::int64_t> optional_integer(const Result& result, int row, int column) {
    return result.is_null(row, column) ? std::nullopt : std::optional{result.integer(row, column)};
}

std::vector<Preemption> fetch_preemptions(Connection& connection, const Setup& setup) {
    const Result result = connection.run(
        "SELECT job_id, epoch, priority_class, beneficiary, reason,"
        "       (extract(epoch FROM asked_at) * 1000000)::bigint,"
        "       (extract(epoch FROM preempted_at) * 1000000)::bigint,"
        "       (extract(epoch FROM resumed_at) * 1000000)::bigint"
        "  FROM ideamine.preemption_history WHERE tenant_id = ANY($1::text[])"
        " ORDER BY asked_at, job_id",
        {setup.tenant_array});
    std::vector<Preemption> preemptions;
    preemptions.reserve(static_cast<std::size_t>(result.rows()));
    for (int row = 0; row < result.rows(); ++row) {
        Preemption preemption;
        preemption.lease = {result.text(row, 0), result.integer(row, 1)};
        preemption.priority_class = result.text(row, 2);
        if (!result.is_null(row, 3)) {
            preemption.beneficiary = result.text(row, 3);
        }
        preemption.reason = result.text(row, 4);
        preemption.asked_us = result.integer(row, 5);
        preemption.preempted_us = optional_integer(result, row, 6);
        preemption.resumed_us = optional_integer(result, row, 7);
        preemptions.push_back(std::move(preemption));
    }
    return preemptions;
}

// By their ids, which grow in the order in which they were made.
std::vector<Fired> fetch_fired(Connection& connection, const Setup& setup) {
    const Result result = connection.run(
        "SELECT threshold, event_type, (extract(epoch FROM fired_at) * 1000000)::bigint,"
        "       budget_total, budget_spent, tasks_affected,"
        "       pg_catalog.array_to_string(classes_preempted, ' ')"
        "  FROM ideamine.budget_events WHERE tenant_id = $1 AND scope_id = $2"
        " ORDER BY fired_at, event_id",
        {setup.tenant_ids.front(), setup.plan.run});
    std::vector<Fired> fired;
    fired.reserve(static_cast<std::size_t>(result.rows()));
    for (int row = 0; row < result.rows(); ++row) {
        fired.push_back({result.text(row, 0), result.text(row, 1), result.integer(row, 2),
                         parse_money(result.text(row, 3)), parse_money(result.text(row, 4)),
                         static_cast<std::size_t>(result.integer(row, 5)), result.text(row, 6)});
    }
    return fired;
}

void fetch_sums(Connection& connection, const Setup& setup, Spending& spending) {
    const Result result = connection.run(
        "SELECT (SELECT spent FROM ideamine.v_budget_status"
        "         WHERE tenant_id = $1 AND scope_id = $2),"
        "       (SELECT coalesce(sum(amount), 0) FROM ideamine.cost_events"
        "         WHERE tenant_id = $1 AND run_id = $2::uuid)",
        {setup.tenant_ids.front(), setup.plan.run});
    spending.spent = parse_money(result.text(0, 0));
    spending.events = parse_money(result.text(0, 1));
}

}  // namespace

void collect_scene(const Setup& setup, SceneFacts& facts) {
    if (setup.scene == Scene::workload) {
        return;
    }
    Connection connection(setup.options.dsn);
    facts.preemptions = fetch_preemptions(connection, setup);
    if (setup.scene == Scene::budget) {
        facts.spending.fired = fetch_fired(connection, setup);
        fetch_sums(connection, setup, facts.spending);
    }
}

}  // namespace replay
