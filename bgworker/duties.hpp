// What a worker does and how often. Each duty is a SQL function, one call of which is one pass:
// whatever a worker does can be done by hand in the same way.
#pragma once

#include "bgworker/slots.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::bgworker {

enum class Pace { sweep, promote, purge, audit };

struct Duty {
    const char* name;
    Pace pace;
    pg::Statement pass;
    Version since{1, 0};  // of the catalogue
    // Worth a warning whenever the pass returns anything but 0.
    const char* alarm = nullptr;
};

inline constexpr std::size_t duty_count = 13;
using Duties = std::array<Duty, duty_count>;
Duties& duties();

std::chrono::milliseconds interval(Pace pace);

// When a duty is next due. One that fails waits longer each time, and hinders no other.
class Schedule {
  public:
    // Sweeps begin at once, purges and audits one interval later: a restart is no reason to purge.
    Schedule(Pace pace, SteadyTime now);

    SteadyTime due() const { return due_; }
    bool failing() const { return failures_ > 0; }

    void succeeded(SteadyTime now);
    void failed(SteadyTime now);
    // A shorter interval holds at once.
    void settings_changed(SteadyTime now);

  private:
    Pace pace_;
    SteadyTime due_;
    int failures_ = 0;
};

}  // namespace ideamine::bgworker
