// Works as unlimited workers would: everything that may run at once, again and again.
#pragma once

#include "replay/ledger.hpp"
#include "replay/outcome.hpp"
#include "replay/run_state.hpp"
#include "replay/setup.hpp"

namespace replay {

// Until nothing is left to run. Counts in how many of the rounds each graph had a part.
void run_waves(const Setup& setup, Ledger& ledger, RunState& state, GraphOutcomes& outcomes);

}  // namespace replay
