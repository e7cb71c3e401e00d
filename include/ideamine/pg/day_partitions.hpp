// Tables that are partitioned by time, a partition for each day (UTC) that is made at run time. Who
// makes and drops them is SQL, in sql/modules/partitions.sql.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::pg {

using Day = std::chrono::sys_days;

inline Day day_of(Time at) {
    return std::chrono::floor<std::chrono::days>(at);
}

// As the names of partitions end: 20251231.
std::string date_of(Day day);

// All of it inside a Spi, as the owner.
class DayPartitions {
  public:
    constexpr explicit DayPartitions(const char* table) : table_(table) {}

    // Those that there are, oldest first.
    std::vector<Day> days() const;
    // Makes the partition of a day if nobody did so in time. False: it was there.
    bool ensure(Day day) const;
    // False if somebody keeps it locked.
    bool drop(Day day) const;

  private:
    bool exists(const std::string& date) const;

    const char* table_;
};

}  // namespace ideamine::pg
