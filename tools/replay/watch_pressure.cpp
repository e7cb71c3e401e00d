#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

#include "replay/progress.hpp"
#include "replay/text.hpp"
#include "replay/watch.hpp"

namespace replay {

namespace {

constexpr const char* counters = "the counters";

// The counters have what is held for a job as soon as others are to give way for it.
std::vector<Usage> look_at_capacity(Connection& connection) {
    const Result result = connection.run(
        "SELECT resource::text, used, 'the counters' FROM ideamine.get_resource_utilization()"
        " UNION ALL "
        "SELECT need.key, sum(need.value::numeric), 'the jobs that run'"
        "  FROM ideamine.jobs AS job, pg_catalog.jsonb_each_text(job.needs) AS need"
        " WHERE job.status = 'running' AND need.key IN ('cpu', 'memory', 'gpu') GROUP BY need.key");
    std::vector<Usage> looks;
    for (int row = 0; row < result.rows(); ++row) {
        for (const auto& [resource, amount] : scene_capacity()) {
            if (resource == result.text(row, 0)) {
                looks.push_back({resource, std::stod(result.text(row, 1)),
                                 static_cast<double>(amount), result.text(row, 2)});
            }
        }
    }
    return looks;
}

std::string describe(const std::vector<Usage>& looks) {
    std::string text;
    for (const Usage& look : looks) {
        if (look.source == counters) {
            text += ", " + look.resource + ' ' + format_decimal(look.used, 0) + '/' +
                    format_decimal(look.capacity, 0);
        }
    }
    return text;
}

}  // namespace

bool watch_pressure(const Setup& setup, RunState& state, Clock::time_point until,
                    SceneFacts& facts) {
    Session session(setup.server, state);
    Progress progress(setup.options.quiet, std::chrono::seconds{1});
    while (!state.stopped() && Clock::now() < until) {
        Standing standing;
        std::vector<Usage> looks;
        session.retry([&](Connection& connection) {
            standing = count_standing(connection, setup);
            looks = look_at_capacity(connection);
        });
        const std::size_t ended =
            standing["completed"] + standing["failed"] + standing["cancelled"];
        progress.show(std::to_string(ended) + " of " + std::to_string(setup.workload.jobs.size()) +
                      " ended, " + std::to_string(standing["running"]) + " running, " +
                      std::to_string(standing["preempted"]) + " preempted" + describe(looks));
        std::ranges::copy_if(looks, std::back_inserter(facts.looks),
                             [](const Usage& look) { return look.source != counters; });
        if (ended == setup.workload.jobs.size()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return false;
}

}  // namespace replay
