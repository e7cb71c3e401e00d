// The calls of create_jobs() that load a workload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "replay/workload.hpp"

namespace replay {

struct Batch {
    std::size_t number = 0;
    std::size_t tenant = 0;
    std::vector<std::size_t> jobs;  // positions in Workload::jobs, ascending
    std::string graph{};            // the name of the graph that it is, if it is one
};

// How a workload becomes jobs of one run.
struct Plan {
    std::string label;
    std::int64_t start_us = 0;  // microseconds since 1970, by the server's clock
    double speed = 1;
    std::string run{};  // of which all jobs are; empty: of none

    std::int64_t due_us(const Job& job) const;
};

// In an order in which every job comes after its parents: in an earlier batch or in its own. A
// graph is a batch of its own, of any size; other batches have at most `max_jobs`.
std::vector<Batch> make_batches(const Workload& workload, std::size_t max_jobs);

// The argument `jobs` of create_jobs(). Parents in the batch are named by key, those of earlier
// batches by their ids, which stand in `ids` by position.
nlohmann::json batch_argument(const Workload& workload, const Batch& batch, const Plan& plan,
                              const std::vector<std::string>& ids);

}  // namespace replay
