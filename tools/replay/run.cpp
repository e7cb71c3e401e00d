#include "replay/run.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

#include "replay/collect.hpp"
#include "replay/crew.hpp"
#include "replay/load.hpp"
#include "replay/monitor.hpp"
#include "replay/report.hpp"
#include "replay/setup.hpp"
#include "replay/text.hpp"
#include "replay/waves.hpp"

namespace replay {

namespace {

void announce(const Setup& setup) {
    const Options& options = setup.options;
    std::cout << setup.plan.label << ": "
              << format_count(static_cast<std::int64_t>(setup.workload.jobs.size())) << " jobs of "
              << setup.workload.tenants.size() << " tenants (seed " << options.seed << "), ";
    if (options.waves) {
        std::cout << setup.workload.graphs.size() << " graphs in waves" << std::endl;
        return;
    }
    std::cout << options.workers << " workers with " << options.batch << " jobs at a time, "
              << setup.plan.speed << " times as fast\n"
              << (setup.sweep ? "lost work is taken back from here, once a second"
                              : "lost work is taken back by the database's background worker")
              << "; leases of " << options.lease_s << " s" << std::endl;
}

// Twice what it takes if nothing waits for anything, and time for lost leases and restarts.
std::chrono::duration<double> time_limit(const Setup& setup) {
    const auto& [options, speed] = std::pair{setup.options, setup.plan.speed};
    const auto slots = static_cast<double>(options.workers * options.batch);
    const std::chrono::duration<double> arrivals = arrival_span(setup.workload, speed);
    const std::chrono::duration<double> work = total_service(setup.workload, speed) / slots;
    const std::chrono::duration<double> expected = 2 * (arrivals + work) + std::chrono::minutes{2};
    return std::chrono::duration<double>(options.timeout_s.value_or(expected.count()));
}

// Loads the jobs while the workers are at it already. When it returns, no thread is left.
void work_through(const Setup& setup, Ledger& ledger, RunState& state, GraphOutcomes& outcomes) {
    VanishPlan vanish_plan(setup.options.vanish, count_fates(setup.workload, Fate::completed));
    const auto until =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(time_limit(setup));
    bool ended = false;
    {
        const Crew crew(setup, ledger, vanish_plan, state);
        load_jobs(setup, ledger, state, outcomes);
        ended = wait_for_end(setup, state, until);
    }
    state.rethrow();
    if (!ended) {
        std::cout << "the time is up before every job has ended" << std::endl;
    }
}

std::unique_ptr<AckLog> open_ack_log(const Setup& setup) {
    if (setup.options.ack_log.empty()) {
        return nullptr;
    }
    auto log = std::make_unique<AckLog>(setup.options.ack_log);
    log->write({"run " + setup.plan.label});
    return log;
}

void write_json(const std::string& path, const Report& report) {
    std::ofstream file(path);
    file << to_json(report).dump(2) << '\n';
    file.close();
    if (!file) {
        throw std::runtime_error("could not write " + path);
    }
}

}  // namespace

bool run(const Options& options) {
    const Setup setup = prepare(options);
    announce(setup);
    RunState state;
    Ledger ledger(setup.workload.jobs.size(), open_ack_log(setup));
    make_tenants(setup, state);
    GraphOutcomes outcomes(setup.workload.graphs.size());
    if (options.waves) {
        load_jobs(setup, ledger, state, outcomes);
        run_waves(setup, ledger, state, outcomes);
    } else {
        work_through(setup, ledger, state, outcomes);
    }

    const Facts facts = collect_facts(setup);
    const Acknowledged acknowledged = ledger.snapshot();
    const Report report{setup.plan.label,
                        summarize(setup.workload, setup.plan, facts),
                        judge({setup.workload, facts, acknowledged, outcomes, options.waves}),
                        state.tally,
                        acknowledged.unknown.size(),
                        describe_graphs(setup.workload, outcomes)};
    std::cout << '\n' << to_text(report) << std::flush;
    if (!options.json.empty()) {
        write_json(options.json, report);
    }
    return report.verdict.good();
}

}  // namespace replay
