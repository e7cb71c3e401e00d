// A run from its beginning to its verdict.
#pragma once

#include "replay/options.hpp"

namespace replay {

// Prints as it goes; true if the verdict is good. Throws if there can be none.
bool run(const Options& options);

}  // namespace replay
