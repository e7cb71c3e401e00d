// The threads of a run: its workers, and the sweeper where one is needed.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "replay/ledger.hpp"
#include "replay/run_state.hpp"
#include "replay/setup.hpp"
#include "replay/vanish.hpp"

namespace replay {

class Crew {
  public:
    Crew(const Setup& setup, Ledger& ledger, VanishPlan& vanish_plan, RunState& state);
    // Stops the run, and waits for all of them.
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

  private:
    // An exception that leaves `duty` ends the run.
    void start(std::function<void()> duty);

    RunState& state_;
    std::vector<std::jthread> threads_;
};

}  // namespace replay
