#include <algorithm>
#include <chrono>
#include <thread>

#include "replay/progress.hpp"
#include "replay/text.hpp"
#include "replay/watch.hpp"

namespace replay {

namespace {

void set_budget(Connection& connection, const Setup& setup, Nano total) {
    connection.run("SELECT ideamine.set_budget($1, 'run', $2, $3::numeric)",
                   {setup.tenant_ids.front(), setup.plan.run, format_money(total)});
}

struct Look {
    std::int64_t at_us = 0;
    Nano spent = 0;
    bool pause_fired = false;
    std::size_t stoppable = 0;  // jobs that run and are not of P0
    Standing standing;
};

Look look_at_budget(Connection& connection, const Setup& setup) {
    Look look;
    look.standing = count_standing(connection, setup);
    const Result result = connection.run(
        "SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,"
        "       (SELECT spent FROM ideamine.v_budget_status"
        "         WHERE tenant_id = $1 AND scope_id = $2),"
        "       EXISTS (SELECT FROM ideamine.budget_events"
        "         WHERE tenant_id = $1 AND scope_id = $2 AND threshold = 'pause_at'),"
        "       (SELECT count(*) FROM ideamine.jobs"
        "         WHERE tenant_id = $1 AND status IN ('running', 'pending')"
        "           AND priority_class > 'P0')",
        {setup.tenant_ids.front(), setup.plan.run});
    look.at_us = result.integer(0, 0);
    look.spent = parse_money(result.text(0, 1));
    look.pause_fired = result.boolean(0, 2);
    look.stoppable = static_cast<std::size_t>(result.integer(0, 3));
    return look;
}

// Somebody notices after a moment that everything stands still, and gives it more.
void raise_when_still(Connection& connection, const Setup& setup, const Look& look,
                      Spending& spending) {
    constexpr std::int64_t moment_us = 1'000'000;
    if (!spending.paused_us) {
        if (look.pause_fired && look.stoppable == 0) {
            spending.paused_us = look.at_us;
            spending.paused = look.standing;
        }
        return;
    }
    if (!spending.raised_us && look.at_us >= *spending.paused_us + moment_us) {
        spending.spent_when_raised = look.spent;
        spending.raised_us = look.at_us;
        set_budget(connection, setup, scene_budget_raised);
        spending.raised_total = scene_budget_raised;
    } else if (spending.raised_us && !spending.resumed_us && !look.standing.contains("preempted") &&
               !look.standing.contains("paused")) {
        spending.resumed_us = look.at_us;
    }
}

// Rounded to cents: for people who watch.
std::string in_dollars(Nano amount) {
    constexpr double per_dollar = 1e9;
    return format_decimal(static_cast<double>(amount) / per_dollar, 2);
}

std::string describe(Look look, std::size_t jobs, const Spending& spending) {
    const Nano total = spending.raised_us ? scene_budget_raised : scene_budget;
    return std::to_string(look.standing["completed"]) + " of " + std::to_string(jobs) + " ended, " +
           std::to_string(look.standing["running"]) + " running, " +
           std::to_string(look.standing["preempted"]) + " preempted, " +
           std::to_string(look.standing["paused"]) + " paused, $" + in_dollars(look.spent) +
           " of $" + in_dollars(total);
}

}  // namespace

void make_budget(const Setup& setup) {
    Connection connection(setup.options.dsn);
    set_budget(connection, setup, scene_budget);
}

bool watch_budget(const Setup& setup, RunState& state, Clock::time_point until,
                  Spending& spending) {
    spending.first_total = scene_budget;
    Session session(setup.server, state);
    Progress progress(setup.options.quiet, std::chrono::seconds{1});
    while (!state.stopped() && Clock::now() < until) {
        const Look look = session.retry([&](Connection& connection) {
            Look seen = look_at_budget(connection, setup);
            if (!spending.raised_us) {
                spending.most_spent_of_first = std::max(spending.most_spent_of_first, seen.spent);
            }
            raise_when_still(connection, setup, seen, spending);
            return seen;
        });
        progress.show(describe(look, setup.workload.jobs.size(), spending));
        const auto completed = look.standing.find("completed");
        if (completed != look.standing.end() && completed->second == setup.workload.jobs.size()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return false;
}

}  // namespace replay
