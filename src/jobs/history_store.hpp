// Jobs that have ended leave the table in which jobs wait and run.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::jobs {

// One pass over ideamine.jobs: moves those that ended before `before`, not before `since`, and that
// nobody needs there, until it has moved 10,000 or half a second is over. The next pass, of
// whatever session, goes on behind it. Inside a pg::Spi, as the owner.
struct Moved {
    std::int64_t jobs = 0;
    bool more = false;  // they stand so close that the next pass should follow at once
};
Moved move_to_history(Time before, Time since);

// Drops the oldest day of history if it was over before `before`. Returns how many days that were:
// none, too, if somebody keeps it locked. Inside a pg::Spi, as the owner.
std::int64_t drop_old_history(Time before);

}  // namespace ideamine::jobs
