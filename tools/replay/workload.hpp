// What a run is to do: the jobs, whose they are, what each waits for, and how each behaves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "replay/money.hpp"

namespace replay {

using Micros = std::chrono::microseconds;

// What an attempt takes: a model's time for its tokens, and a time that was recorded. Work in steps
// saves a checkpoint after each, and the next attempt goes on from there.
struct Work {
    std::int64_t context_tokens = 0;
    std::int64_t generated_tokens = 0;
    Micros runtime{};
    int steps = 0;       // 0: all at once, without checkpoints
    Nano step_cost = 0;  // what the call of a step costs; 0: nothing is paid

    bool operator==(const Work&) const = default;
};

// What a job holds while it runs.
struct Needs {
    int cpu = 0;     // cores
    int memory = 0;  // GB
    int gpu = 0;

    bool operator==(const Needs&) const = default;
};

struct Job : Work {
    std::size_t tenant = 0;  // position in Workload::tenants
    int priority_class = 2;  // 0 to 3: P0 to P3
    std::string type;
    std::string name;     // for its payload, if it has one
    Micros arrival{};     // after the start, in the workload's own time
    int fail_first = 0;   // this many first attempts fail
    bool poison = false;  // every attempt fails
    Needs needs{};
    std::vector<std::size_t> parents;  // positions of earlier jobs of the tenant, or of its graph

    bool operator==(const Job&) const = default;
};

// Jobs that stand together in Workload::jobs, and are created in one call.
struct Graph {
    std::string name;
    std::size_t first = 0;
    std::size_t jobs = 0;
};

struct Workload {
    std::vector<std::string> tenants;
    std::vector<Job> jobs;
    std::vector<Graph> graphs{};  // all of the jobs, or none: calls of any size will do
};

// How often a poison job is tried again before it is dead.
inline constexpr int poison_retries = 2;

enum class Fate { completed, dead, cancelled, refused };

const char* to_string(Fate fate);

// How each job must end: a graph with a cycle is refused, poison dies, what waits for a job that
// did not complete is cancelled, and everything else completes.
std::vector<Fate> expected_fates(const Workload& workload);

std::size_t count_fates(const Workload& workload, Fate fate);

// How long an attempt takes, divided by `speed`.
Micros service_time(const Work& work, double speed);

// The time between the first and the last arrival, divided by `speed`.
Micros arrival_span(const Workload& workload, double speed);

// The time that all jobs would take one after another, failing attempts included.
Micros total_service(const Workload& workload, double speed);

}  // namespace replay
