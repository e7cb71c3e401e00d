// How a long computation of the pure core lets itself be cancelled.
#pragma once

#include <cstdint>

namespace ideamine {

// Called every few thousand steps; throws to stop the computation. In the server it looks for a
// cancel request or a timeout; tests pass one of their own.
using Interrupt = void (*)();

inline void never_interrupted() {}

// Counts the steps of a computation and calls the interrupt at every 4096th: a few microseconds of
// work, so that a cancel is prompt and the call costs nothing.
class StepCounter {
  public:
    explicit StepCounter(Interrupt interrupt) : interrupt_(interrupt) {}

    void step() {
        if (++steps_ % steps_between_calls == 0) {
            interrupt_();
        }
    }

  private:
    static constexpr std::uint64_t steps_between_calls = 4096;

    Interrupt interrupt_;
    std::uint64_t steps_ = 0;
};

}  // namespace ideamine
