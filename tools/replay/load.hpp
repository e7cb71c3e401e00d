// Makes the tenants and creates the jobs.
#pragma once

#include "replay/ledger.hpp"
#include "replay/outcome.hpp"
#include "replay/run_state.hpp"
#include "replay/setup.hpp"

namespace replay {

void make_tenants(const Setup& setup, RunState& state);

// Creates all jobs, batch by batch, and notes each batch in the ledger once it is acknowledged, or
// in the outcomes that its graph was refused. Returns early if the run has stopped.
void load_jobs(const Setup& setup, Ledger& ledger, RunState& state, GraphOutcomes& outcomes);

}  // namespace replay
