// Was every job done exactly once, and each after all that it depends on?
#pragma once

#include <vector>

#include "replay/checks.hpp"
#include "replay/scene_facts.hpp"

namespace replay {

struct Verdict {
    std::vector<Check> checks;

    bool good() const;
};

Verdict judge(const Evidence& evidence);
// The same of a scene, and what the scene is to show.
Verdict judge_scene(const Evidence& evidence, const SceneFacts& facts);

}  // namespace replay
