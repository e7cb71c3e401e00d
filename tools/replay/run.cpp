#include "replay/run.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "replay/capacity.hpp"
#include "replay/collect.hpp"
#include "replay/crew.hpp"
#include "replay/load.hpp"
#include "replay/monitor.hpp"
#include "replay/report.hpp"
#include "replay/setup.hpp"
#include "replay/text.hpp"
#include "replay/watch.hpp"
#include "replay/waves.hpp"

namespace replay {

namespace {

std::string capacity_in_words() {
    std::string words;
    for (const auto& [resource, amount] : scene_capacity()) {
        words += (words.empty() ? "" : ", ") + std::to_string(amount) + ' ' + resource;
    }
    return words;
}

void announce_scene(const Setup& setup) {
    std::cout << '\n'
              << setup.plan.label << ": " << setup.workload.jobs.size() << " jobs of "
              << setup.workload.tenants.size() << " tenants, ";
    if (setup.scene == Scene::pressure) {
        std::cout << "and a platform with " << capacity_in_words()
                  << ":\njobs of P2 and P3 take all of it before those of P0 and P1 come"
                  << std::endl;
    } else {
        std::cout << "of one run with a budget of $" << format_money(scene_budget)
                  << ":\nwhen everything but P0 stands still it is raised to $"
                  << format_money(scene_budget_raised) << std::endl;
    }
}

void announce(const Setup& setup) {
    if (setup.scene != Scene::workload) {
        announce_scene(setup);
        return;
    }
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

// A scene takes a few seconds, and longer only where something does not come back.
constexpr std::chrono::minutes scene_time_limit{1};

// Twice what it takes if nothing waits for anything, and time for lost leases and restarts.
std::chrono::duration<double> time_limit(const Setup& setup) {
    const auto& [options, speed] = std::pair{setup.options, setup.plan.speed};
    const auto slots = static_cast<double>(options.workers * options.batch);
    const std::chrono::duration<double> arrivals = arrival_span(setup.workload, speed);
    const std::chrono::duration<double> work = total_service(setup.workload, speed) / slots;
    if (setup.scene != Scene::workload) {
        return scene_time_limit;
    }
    const std::chrono::duration<double> expected = 2 * (arrivals + work) + std::chrono::minutes{2};
    return std::chrono::duration<double>(options.timeout_s.value_or(expected.count()));
}

bool watch(const Setup& setup, RunState& state, Clock::time_point until, SceneFacts& scene) {
    switch (setup.scene) {
        case Scene::pressure:
            return watch_pressure(setup, state, until, scene);
        case Scene::budget:
            return watch_budget(setup, state, until, scene.spending);
        case Scene::workload:
            break;
    }
    return wait_for_end(setup, state, until);
}

// Loads the jobs while the workers are at it already. When it returns, no thread is left.
void work_through(const Setup& setup, Ledger& ledger, RunState& state, GraphOutcomes& outcomes,
                  SceneFacts& scene) {
    VanishPlan vanish_plan(setup.options.vanish, count_fates(setup.workload, Fate::completed));
    const auto until =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(time_limit(setup));
    bool ended = false;
    {
        const Crew crew(setup, ledger, vanish_plan, state);
        load_jobs(setup, ledger, state, outcomes);
        ended = watch(setup, state, until, scene);
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

void write_json(const std::string& path, const nlohmann::json& reports) {
    std::ofstream file(path);
    file << reports.dump(2) << '\n';
    file.close();
    if (!file) {
        throw std::runtime_error("could not write " + path);
    }
}

// Shows the report, and returns it for programs.
nlohmann::json run_part(const Options& options, Scene part, bool& good) {
    const Setup setup = prepare(options, part);
    announce(setup);
    RunState state;
    Ledger ledger(setup.workload.jobs.size(), open_ack_log(setup));
    make_tenants(setup, state);
    GraphOutcomes outcomes(setup.workload.graphs.size());
    SceneFacts scene{.scene = part};
    std::optional<PlatformCapacity> capacity;
    if (part == Scene::pressure) {
        capacity.emplace(setup);
    } else if (part == Scene::budget) {
        make_budget(setup);
    }
    if (setup.options.waves) {
        load_jobs(setup, ledger, state, outcomes);
        run_waves(setup, ledger, state, outcomes);
    } else {
        work_through(setup, ledger, state, outcomes, scene);
    }

    const Facts facts = collect_facts(setup);
    collect_scene(setup, scene);
    const Acknowledged acknowledged = ledger.snapshot();
    const Evidence evidence{setup.workload, facts, acknowledged, outcomes, setup.options.waves};
    const Report report{setup.plan.label,
                        summarize(setup.workload, setup.plan, facts),
                        judge_scene(evidence, scene),
                        state.tally,
                        acknowledged.unknown.size(),
                        describe_graphs(setup.workload, outcomes),
                        summarize_giving_way(evidence, scene.preemptions, setup.plan),
                        scene};
    std::cout << '\n' << to_text(report) << std::flush;
    good = good && report.verdict.good();
    return to_json(report);
}

}  // namespace

bool run(const Options& options) {
    bool good = true;
    auto reports = nlohmann::json::array();
    for (const Scene part : options.parts) {
        reports.push_back(run_part(options, part, good));
    }
    if (!options.json.empty()) {
        write_json(options.json, reports.size() == 1 ? reports.front() : reports);
    }
    return good;
}

}  // namespace replay
