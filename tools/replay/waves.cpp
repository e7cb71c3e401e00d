#include "replay/waves.hpp"

#include <algorithm>
#include <set>

#include "replay/deliver.hpp"

namespace replay {

namespace {

constexpr std::size_t jobs_per_call = 1'000;
// Nobody else works here, so that no lease has to run out.
constexpr double lease_s = 3'600;

std::size_t graph_of(const Workload& workload, std::size_t job) {
    const auto next = std::ranges::upper_bound(workload.graphs, job, {}, &Graph::first);
    return static_cast<std::size_t>(next - workload.graphs.begin()) - 1;
}

std::vector<Held> acquire_all(WorkerCalls& calls, Ledger& ledger) {
    std::vector<Held> all;
    for (auto some = calls.acquire(jobs_per_call); !some.empty();
         some = calls.acquire(jobs_per_call)) {
        for (Held& job : some) {
            ledger.leased(job.lease);
            all.push_back(std::move(job));
        }
    }
    return all;
}

void complete_all(WorkerCalls& calls, const std::vector<Held>& jobs, Ledger& ledger, Tally& tally) {
    for (std::size_t first = 0; first < jobs.size(); first += jobs_per_call) {
        const auto count = std::min(jobs_per_call, jobs.size() - first);
        const auto begin = jobs.begin() + static_cast<std::ptrdiff_t>(first);
        deliver(calls, {begin, begin + static_cast<std::ptrdiff_t>(count)}, ledger, tally);
    }
}

}  // namespace

void run_waves(const Setup& setup, Ledger& ledger, RunState& state, GraphOutcomes& outcomes) {
    Connection connection = connect_to(setup.server, state);
    WorkerCalls calls(connection, setup.tenant_array, lease_s);
    for (auto wave = acquire_all(calls, ledger); !wave.empty(); wave = acquire_all(calls, ledger)) {
        std::set<std::size_t> graphs;
        for (const Held& job : wave) {
            graphs.insert(graph_of(setup.workload, job.task.index));
        }
        for (const std::size_t graph : graphs) {
            ++outcomes[graph].waves;
        }
        complete_all(calls, wave, ledger, state.tally);
    }
    calls.terminate();
}

}  // namespace replay
