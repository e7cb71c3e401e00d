#include "replay/monitor.hpp"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <thread>

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

// One line that is written over on a terminal; elsewhere a line now and then.
class Progress {
  public:
    explicit Progress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDOUT_FILENO) == 1) {}
    ~Progress() {
        if (!quiet_ && terminal_ && shown_) {
            std::cout << std::endl;
        }
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(const Counts& counts, std::size_t jobs, const Tally& tally) {
        const auto now = Clock::now();
        if (quiet_ || (!terminal_ && shown_ && now < next_)) {
            return;
        }
        const auto passed = std::chrono::duration<double>(now - start_).count();
        // Short enough for 80 columns: a line that wraps cannot be written over.
        std::cout << (terminal_ ? "\r" : "") << format_decimal(passed, 1)
                  << " s: " << format_count(counts.ended()) << " of "
                  << format_count(static_cast<std::int64_t>(jobs)) << " ended, " << counts.running
                  << " running, " << tally.failures << " failures, " << counts.dead << " dead, "
                  << tally.vanished << " vanished" << (terminal_ ? "\033[K" : "\n") << std::flush;
        shown_ = true;
        next_ = now + std::chrono::seconds{5};
    }

  private:
    bool quiet_;
    bool terminal_;
    bool shown_ = false;
    Clock::time_point start_ = Clock::now();
    Clock::time_point next_;
};

}  // namespace

bool wait_for_end(const Setup& setup, RunState& state, Clock::time_point until) {
    Session session(setup.server, state);
    Progress progress(setup.options.quiet);
    const std::size_t jobs =
        setup.workload.jobs.size() - count_fates(setup.workload, Fate::refused);
    while (!state.stopped() && Clock::now() < until) {
        const Counts counts =
            session.retry([&](Connection& connection) { return count_jobs(connection, setup); });
        progress.show(counts, jobs, state.tally);
        if (counts.ended() == static_cast<std::int64_t>(jobs)) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{250});
    }
    return false;
}

}  // namespace replay
