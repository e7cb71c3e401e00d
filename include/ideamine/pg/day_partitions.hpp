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

    const char* table() const { return table_; }
    // Those that there are, oldest first.
    std::vector<Day> days() const;
    // Makes the partition of a day if nobody did so in time. False: it was there.
    bool ensure(Day day) const;
    // From here on nothing can be appended to it. False if somebody keeps it locked.
    bool close(Day day) const;
    // The same, as all of it goes.
    bool drop(Day day) const;
    // None is dropped until this transaction ends. Whoever reads rows together with sums of what
    // was dropped has to say so first: a statement takes its snapshot before it waits for the
    // table, and would find neither the rows nor the sums of what others sum up and drop meanwhile.
    void keep() const;

  private:
    bool exists(const std::string& date) const;

    const char* table_;
};

}  // namespace ideamine::pg
