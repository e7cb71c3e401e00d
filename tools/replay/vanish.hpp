// When workers vanish: spread over the run, by how much of it is done.
#pragma once

#include <atomic>
#include <cstddef>

namespace replay {

class VanishPlan {
  public:
    // `jobs`: how many completions the run will see.
    VanishPlan(std::size_t times, std::size_t jobs) : times_(times), jobs_(jobs) {}

    // True for one caller each time another vanishing has come due.
    bool take(std::size_t completed);

  private:
    std::size_t times_;
    std::size_t jobs_;
    std::atomic<std::size_t> next_{0};
};

}  // namespace replay
