// Sums of what a table has that is partitioned by days: of days that are over, each once and for
// good, so that their partitions can be dropped.
#pragma once

#include "ideamine/pg/day_partitions.hpp"

namespace ideamine::pg {

// All of it inside a Spi, as the owner.
class DaySums {
  public:
    // How far it has got, `horizon` returns as one row or none, and `move_horizon` writes. What
    // `sum_up` reads is committed, and all that there will ever be of that day.
    constexpr DaySums(DayPartitions days, Statement& horizon, Statement& move_horizon,
                      void (*sum_up)(Day day))
        : days_(days), horizon_(horizon), move_horizon_(move_horizon), sum_up_(sum_up) {}

    // Sums up the days that have been over for an hour, and closes their partitions. One that
    // somebody has locked for long waits for another time, and all after it. Returns how many days
    // those were.
    std::int64_t sum_up(Time at) const;

    // Drops the partitions of days that were over before that time and are summed up. One that
    // somebody has locked stays for another time. Returns how many.
    std::int64_t drop_before(Time before) const;

  private:
    Time horizon() const;

    DayPartitions days_;
    Statement& horizon_;
    Statement& move_horizon_;
    void (*sum_up_)(Day day);
};

}  // namespace ideamine::pg
