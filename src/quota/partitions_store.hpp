// The partitions of tables of usage: one for each day (UTC), made at run time.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::quota {

// A partitioned table of usage, by the name that those of its partitions begin with.
inline constexpr const char* tenant_usage = "tenant_usage";
inline constexpr const char* user_usage = "user_usage";

// Makes the partition of the day in which `at` lies if nobody did so in time. Inside a pg::Spi, as
// the owner.
void ensure_partition(const char* table, Time at);

// Those of today and tomorrow, of all tables. Returns how many were missing.
std::int64_t make_partitions(Time now);

// Sums up the partitions of tenant_usage that have been over for an hour, and closes them for good.
// One that somebody has locked for long waits for another time, and all after it. Returns how many
// those were.
std::int64_t roll_up_usage(Time at);

// Drops what was recorded longer than `keep` ago, whole days of it, if it is rolled up. Returns how
// many partitions those were.
std::int64_t drop_old_usage(Time at, Duration keep);

}  // namespace ideamine::quota
