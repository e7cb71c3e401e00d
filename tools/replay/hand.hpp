// The jobs that a worker has in hand. They all run at the same time, as calls of a model do: each
// ends when its simulated time is over.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/task.hpp"

namespace replay {

using Clock = std::chrono::steady_clock;

// The right to run one attempt of a job.
struct Lease {
    std::string job_id;
    std::int64_t epoch = 0;

    auto operator<=>(const Lease&) const = default;
};

struct Held {
    Lease lease;
    std::string tenant;
    int attempt = 0;
    Task task;
    Clock::time_point ends;     // of work in steps: of the step that it is at
    int done = 0;               // steps of it, also by earlier attempts
    std::string reservation{};  // of the money for the step, if it costs any and there was enough
};

class Hand {
  public:
    void add(Held job) { jobs_.push_back(std::move(job)); }
    // Takes out those whose time is over.
    std::vector<Held> take_due(Clock::time_point now);
    std::vector<Held> take_all();
    // None if it is not in hand (any more).
    std::optional<Held> take(const Lease& lease);
    std::optional<Clock::time_point> next_end() const;
    std::size_t size() const { return jobs_.size(); }
    bool empty() const { return jobs_.empty(); }

  private:
    std::vector<Held> jobs_;
};

}  // namespace replay
