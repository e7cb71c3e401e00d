// Does what the background worker would do, where there is none: takes back the jobs of workers
// that fell silent, and makes jobs runnable whose time has come.
#pragma once

#include "replay/run_state.hpp"
#include "replay/setup.hpp"

namespace replay {

// Once a second until the run has stopped.
void sweep(const Setup& setup, RunState& state);

}  // namespace replay
