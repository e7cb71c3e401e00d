// A seeded workload that needs no data: small graphs of jobs, as pipelines of agents make them.
#pragma once

#include <cstddef>

#include "replay/deal.hpp"
#include "replay/workload.hpp"

namespace replay {

// Exactly `jobs` jobs. Each graph belongs to one tenant and consists of stages, each of whose jobs
// waits for all jobs of the stage before: single jobs, chains, fan-out, fan-in, and both together.
// One job in ten is scheduled for later.
Workload generate(std::size_t jobs, const DealOptions& options);

}  // namespace replay
