// One line that is written over on a terminal; elsewhere a line now and then.
#pragma once

#include <chrono>
#include <string>

#include "replay/hand.hpp"

namespace replay {

class Progress {
  public:
    Progress(bool quiet, Clock::duration between_lines);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Short enough for 80 columns, with the time before it: a line that wraps cannot be written
    // over.
    void show(const std::string& text);

  private:
    bool quiet_;
    bool terminal_;
    bool shown_ = false;
    Clock::duration between_lines_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point next_;
};

}  // namespace replay
