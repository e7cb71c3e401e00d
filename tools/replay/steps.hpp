// Work in steps, as an agent does it: each step is a call that may cost money, after which the
// worker saves how far it is. Who has to stop loses no more than the step that it is at.
#pragma once

#include "replay/batches.hpp"
#include "replay/calls.hpp"
#include "replay/hand.hpp"
#include "replay/ledger.hpp"
#include "replay/run_state.hpp"

namespace replay {

enum class AfterStep { go_on, complete, stop };

class Steps {
  public:
    Steps(const Plan& plan, Ledger& ledger, Tally& tally)
        : plan_(plan), ledger_(ledger), tally_(tally) {}

    // Begins the next step, once there is money for it: Held::ends says when to look again.
    void begin(WorkerCalls& calls, Held& job);
    // The step is over: pays, saves and begins the next one, or says that it was the last.
    AfterStep end(WorkerCalls& calls, Held& job);
    // The worker was told to stop: gives the job back with its checkpoint. Where it got no grace
    // that is refused, and what it saved before is what counts.
    void hand_back(WorkerCalls& calls, const Held& job);

  private:
    void pay(WorkerCalls& calls, Held& job);

    const Plan& plan_;
    Ledger& ledger_;
    Tally& tally_;
};

}  // namespace replay
