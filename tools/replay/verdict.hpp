// Was every job done exactly once, and each after all that it depends on?
#pragma once

#include <vector>

#include "replay/checks.hpp"

namespace replay {

struct Verdict {
    std::vector<Check> checks;

    bool good() const;
};

Verdict judge(const Evidence& evidence);

}  // namespace replay
