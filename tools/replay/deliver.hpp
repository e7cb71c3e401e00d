// Completes jobs, and writes down what the server said to it.
#pragma once

#include <vector>

#include "replay/calls.hpp"
#include "replay/ledger.hpp"
#include "replay/run_state.hpp"

namespace replay {

void deliver(WorkerCalls& calls, const std::vector<Held>& jobs, Ledger& ledger, Tally& tally);

}  // namespace replay
