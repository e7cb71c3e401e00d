// The calls that a worker makes, each one statement.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "replay/connection.hpp"
#include "replay/hand.hpp"

namespace replay {

enum class Answer { ok, stale };

class WorkerCalls {
  public:
    // Registers a new worker that serves only `tenant_array`.
    WorkerCalls(Connection& connection, const std::string& tenant_array, double lease_s);

    // Held::ends is left to the caller.
    std::vector<Held> acquire(std::size_t max_jobs);
    // Which of its jobs the worker is to stop.
    std::vector<Lease> heartbeat(std::size_t held);
    // One answer per job, in their order.
    std::vector<Answer> complete(const std::vector<Held>& jobs);
    Answer fail(const Held& job, const std::string& error);
    // Keeps Held::done as where the next attempt may go on.
    Answer save_checkpoint(const Held& job);
    Answer release(const Held& job);
    // None if no budget has so much left.
    std::optional<std::string> reserve(const Held& job, const std::string& run);
    // Records what the step cost, and lets the reservation go. False: the key was charged before.
    bool pay(const Held& job, const std::string& run, const std::string& key);
    void release_money(const Held& job);
    void terminate();

  private:
    std::vector<Answer> complete_many(const std::vector<Held>& jobs);
    Answer complete_one(const Held& job);
    Answer with_checkpoint(const std::string& statement, const Held& job);

    Connection& connection_;
    std::string lease_;
    std::string worker_id_;
};

}  // namespace replay
