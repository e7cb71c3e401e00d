// One worker: acquires jobs, lets their simulated time pass, and ends them, while it heartbeats at
// a third of the lease. Now and then it vanishes, and a new one takes its place.
#pragma once

#include <cstddef>
#include <vector>

#include "replay/calls.hpp"
#include "replay/hand.hpp"
#include "replay/ledger.hpp"
#include "replay/run_state.hpp"
#include "replay/setup.hpp"
#include "replay/steps.hpp"
#include "replay/vanish.hpp"

namespace replay {

class Worker {
  public:
    Worker(const Setup& setup, Ledger& ledger, VanishPlan& vanish_plan, RunState& state)
        : setup_(setup),
          ledger_(ledger),
          vanish_plan_(vanish_plan),
          state_(state),
          steps_(setup.plan, ledger, state.tally) {}

    // One life after the other, each with a registration of its own, until the run has stopped.
    void run();

  private:
    // Returns when the run has stopped or the worker vanished.
    void live(Connection& connection);
    void work(WorkerCalls& calls);
    void acquire(WorkerCalls& calls);
    void finish_due(WorkerCalls& calls);
    void fail(WorkerCalls& calls, const Held& job);
    void heartbeat(WorkerCalls& calls);
    void send_late_results(WorkerCalls& calls);
    void vanish(Connection& connection);
    void sleep() const;
    Clock::duration lease_part(double part) const;

    const Setup& setup_;
    Ledger& ledger_;
    VanishPlan& vanish_plan_;
    RunState& state_;
    Steps steps_;

    Hand hand_;
    Clock::time_point next_heartbeat_;
    Clock::time_point next_poll_;
    Clock::duration idle_pause_{};
    std::vector<Held> late_;  // what a vanished worker had in hand, to be completed too late
    Clock::time_point late_at_;
};

}  // namespace replay
