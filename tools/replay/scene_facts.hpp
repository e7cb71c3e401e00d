// What is known of a scene beside its jobs and attempts.
#pragma once

#include <vector>

#include "replay/giving_way.hpp"
#include "replay/scenes.hpp"
#include "replay/spending.hpp"

namespace replay {

struct SceneFacts {
    Scene scene = Scene::workload;
    std::vector<Preemption> preemptions{};
    std::vector<Usage> looks{};  // of the scene of pressure
    Spending spending{};         // of the scene of a budget
};

}  // namespace replay
