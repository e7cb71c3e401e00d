// The parts of a demonstration. Scenes have workloads of their own, which always look the same:
// jobs of all classes on a platform that is too small for them, and jobs of a run that spend more
// than its budget.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "replay/workload.hpp"

namespace replay {

enum class Scene { workload, pressure, budget };

// What the platform has in the scene of pressure.
struct Capacity {
    std::string resource;
    int amount;
};

const std::vector<Capacity>& scene_capacity();

// Jobs of P2 and P3 take all there is; jobs of P0 and P1 come while they run.
Workload pressure_workload();

// Jobs of all classes, of one tenant and one run, that cost one and a half times the first budget.
Workload budget_workload();

inline constexpr Nano scene_budget = 1'700'000'000;
// So much that what is spent in the end reaches none of its thresholds.
inline constexpr Nano scene_budget_raised = 6'800'000'000;

// A threshold of a budget as it is if nobody says otherwise.
struct Threshold {
    std::string name;
    int percent;
    std::string action;
};

const std::vector<Threshold>& default_thresholds();

}  // namespace replay
