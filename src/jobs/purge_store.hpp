// Retention.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::jobs {

// Each removes at most 10,000 rows that ended before `before`, and returns how many. Inside a
// pg::Spi.
std::int64_t purge_finished_jobs(Time before);
std::int64_t purge_dead_letters(Time before);

}  // namespace ideamine::jobs
