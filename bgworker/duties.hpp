// What a worker does and how often. Each duty is a SQL function, one call of which is one pass:
// whatever a worker does can be done by hand in the same way.
#pragma once

#include "bgworker/slots.hpp"
#include "ideamine/bells.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::bgworker {

enum class Pace { sweep, promote, resume, history, purge, audit, check };

struct Duty {
    const char* name;
    Pace pace;
    pg::Statement pass;
    Version since{1, 0};  // of the catalogue
    // Worth a warning whenever the pass returns anything but 0.
    const char* alarm = nullptr;
    // A pass that did so much has left something to do: the next one follows at once.
    std::int64_t full_pass = std::numeric_limits<std::int64_t>::max();
    // Who listens to events is told when a pass did anything.
    bool tells = false;
    // Rung when it is to be done at once, or soon: so long after its last pass, where many may go
    // on ringing for what a pass cannot help.
    std::optional<Bell> bell = {};
    std::chrono::milliseconds rest_after_bell{0};
};

inline constexpr std::size_t duty_count = 30;
using Duties = std::array<Duty, duty_count>;
Duties& duties();

std::chrono::milliseconds interval(Pace pace);

// When a duty is next due. One that fails waits longer each time, and hinders no other.
class Schedule {
  public:
    // Sweeps begin at once, the others one interval later: a restart is no reason to purge.
    Schedule(Pace pace, SteadyTime now);

    SteadyTime due() const { return due_; }
    bool failing() const { return failures_ > 0; }

    // Due at once if there is more to do.
    void succeeded(SteadyTime now, bool is_more);
    void failed(SteadyTime now);
    // Until so long after its last pass it does not listen to its bell.
    SteadyTime rests_until(std::chrono::milliseconds rest) const { return passed_ + rest; }
    // Due at once; one that fails goes on waiting.
    void rung(SteadyTime now);
    // A shorter interval holds at once.
    void settings_changed(SteadyTime now);

  private:
    Pace pace_;
    SteadyTime due_;
    SteadyTime passed_ = SteadyTime::min();  // when its last pass ended
    int failures_ = 0;
};

}  // namespace ideamine::bgworker
