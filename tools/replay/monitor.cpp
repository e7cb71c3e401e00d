#include "replay/monitor.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

#include "replay/progress.hpp"
#include "replay/text.hpp"

namespace replay {

namespace {

struct Counts {
    std::int64_t created = 0;
    std::int64_t completed = 0;
    std::int64_t dead = 0;
    std::int64_t cancelled = 0;
    std::int64_t running = 0;

    std::int64_t ended() const { return completed + dead + cancelled; }
};

Counts count_jobs(Connection& connection, const Setup& setup) {
    const Result result = connection.run(
        "SELECT count(*), count(*) FILTER (WHERE status = 'completed'),"
        "       count(*) FILTER (WHERE status = 'failed'),"
        "       count(*) FILTER (WHERE status = 'cancelled'),"
        "       count(*) FILTER (WHERE status = 'running')"
        "  FROM ideamine.v_jobs WHERE tenant_id = ANY($1::text[])",
        {setup.tenant_array});
    return {result.integer(0, 0), result.integer(0, 1), result.integer(0, 2), result.integer(0, 3),
            result.integer(0, 4)};
}

void show(Progress& progress, const Counts& counts, std::size_t jobs, const Tally& tally) {
    progress.show(format_count(counts.ended()) + " of " +
                  format_count(static_cast<std::int64_t>(jobs)) + " ended, " +
                  std::to_string(counts.running) + " running, " + std::to_string(tally.failures) +
                  " failures, " + std::to_string(counts.dead) + " dead, " +
                  std::to_string(tally.vanished) + " vanished");
}

}  // namespace

bool wait_for_end(const Setup& setup, RunState& state, Clock::time_point until) {
    Session session(setup.server, state);
    Progress progress(setup.options.quiet, std::chrono::seconds{5});
    const std::size_t jobs =
        setup.workload.jobs.size() - count_fates(setup.workload, Fate::refused);
    while (!state.stopped() && Clock::now() < until) {
        const Counts counts =
            session.retry([&](Connection& connection) { return count_jobs(connection, setup); });
        show(progress, counts, jobs, state.tally);
        if (counts.ended() == static_cast<std::int64_t>(jobs)) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{250});
    }
    return false;
}

}  // namespace replay
