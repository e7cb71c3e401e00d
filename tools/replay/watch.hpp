// Watches a scene from the database's side: looks at what there is to be judged, shows how far it
// is, and raises the budget when everything stands still.
#pragma once

#include "replay/run_state.hpp"
#include "replay/scene_facts.hpp"
#include "replay/setup.hpp"

namespace replay {

// The budget of the run, before it has jobs.
void make_budget(const Setup& setup);

Standing count_standing(Connection& connection, const Setup& setup);

// Both return true once every job has ended; false if the run was stopped by an error, or `until`
// came.
bool watch_pressure(const Setup& setup, RunState& state, Clock::time_point until,
                    SceneFacts& facts);
bool watch_budget(const Setup& setup, RunState& state, Clock::time_point until, Spending& spending);

}  // namespace replay
