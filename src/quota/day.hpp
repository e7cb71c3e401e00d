// Days, which begin at midnight where the tenant is.
#pragma once

#include <chrono>
#include <optional>

#include "ideamine/clock.hpp"

namespace ideamine::quota {

// A time zone, as far as days need it.
class Zone {
  public:
    // East of Greenwich is positive.
    virtual std::chrono::seconds offset_at(Time at) const = 0;
    // The next time after `at` from which another offset holds.
    virtual std::optional<Time> next_change(Time at) const = 0;

  protected:
    Zone() = default;
    ~Zone() = default;
};

struct Day {
    Time start;
    Time end;  // where the next one starts

    bool operator==(const Day&) const = default;
};

// The day in which `at` lies. It starts at the first moment of its date: where clocks are put
// forward over midnight that is later than midnight, and where midnight comes twice the earlier
// one. Days follow one another without a gap, and have 23, 24 or 25 hours as a rule.
Day day_of(Time at, const Zone& zone);

// A change of the zone takes effect when the day that was begun is over, so that no day is begun
// twice: until `since` days are those of `before`, which had itself taken effect at `before_since`.
Day day_of(Time at, const Zone& zone, Time since, const Zone& before, Time before_since);

}  // namespace ideamine::quota
