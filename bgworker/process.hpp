// What the lives of launcher and workers have in common.
#pragma once

#include <chrono>

namespace ideamine::bgworker::process {

// To be called first.
void begin();
// Sleeps until somebody wakes the process or the time is over. True if settings were read anew.
bool rest(std::chrono::milliseconds pause);

// While it lives, pg_stat_activity shows the process as running `what`.
class Busy {
  public:
    explicit Busy(const char* what);
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
};

}  // namespace ideamine::bgworker::process
