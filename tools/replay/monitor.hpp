// Watches the run from the database's side, and shows how far it is.
#pragma once

#include "replay/hand.hpp"
#include "replay/run_state.hpp"
#include "replay/setup.hpp"

namespace replay {

// Returns true once every job has ended; false if the run was stopped by an error, or `until` came.
bool wait_for_end(const Setup& setup, RunState& state, Clock::time_point until);

}  // namespace replay
