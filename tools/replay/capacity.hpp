// The platform's capacity in the scene of pressure, which has the platform for itself.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "replay/setup.hpp"

namespace replay {

class PlatformCapacity {
  public:
    // Sets it. Throws std::runtime_error if jobs of others hold some of it: they would give way.
    explicit PlatformCapacity(const Setup& setup);
    // Puts back what was there before.
    ~PlatformCapacity();
    PlatformCapacity(const PlatformCapacity&) = delete;
    PlatformCapacity& operator=(const PlatformCapacity&) = delete;

  private:
    Connection connection_;
    std::vector<std::pair<std::string, std::string>> before_;
};

}  // namespace replay
