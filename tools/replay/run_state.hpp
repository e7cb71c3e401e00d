// What the threads of a run share: when to stop, the first thing that went wrong, and counts.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>

namespace replay {

struct Tally {
    std::atomic<std::size_t> completed{0};    // acknowledged
    std::atomic<std::size_t> failures{0};     // attempts that were reported as failed
    std::atomic<std::size_t> stale{0};        // results that were refused
    std::atomic<std::size_t> stops{0};        // jobs that a heartbeat told a worker to stop
    std::atomic<std::size_t> handed_back{0};  // of those, the ones that it still could hand back
    std::atomic<std::size_t> paid_again{0};   // calls that were made again, and not charged again
    std::atomic<std::size_t> unpaid{0};       // steps that waited for money
    std::atomic<std::size_t> vanished{0};     // workers that left without a word
    std::atomic<std::size_t> given_up{0};     // workers that the server had given up
    std::atomic<std::size_t> reconnects{0};   // connections that broke and were made again
};

class RunState {
  public:
    Tally tally;

    bool stopped() const { return stop_.load(); }
    void stop() { stop_.store(true); }
    // Stops the run; the first error is kept.
    void fail(const std::exception_ptr& error);
    // Throws what fail() kept, if anything.
    void rethrow() const;

  private:
    std::atomic<bool> stop_{false};
    mutable std::mutex mutex_;
    std::exception_ptr error_;
};

}  // namespace replay
