// May a running job be made to give way?
#pragma once

#include <optional>

#include "ideamine/clock.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::priority {

// Of a running job.
struct Attempt {
    jobs::PriorityClass priority_class;
    int preemptions = 0;             // that counted
    std::optional<Time> resumed_at;  // after the latest of them
    Time started_at;
};

struct Limits {
    int max_preemptions = 3;
    bool fails_at_limit = true;  // false: a job that was preempted so often is spared from then on
    Duration cooldown = std::chrono::minutes{5};
};

// In the order in which they are asked.
enum class Legality {
    may,          // it gives way
    is_critical,  // P0 never does
    is_no_lower,  // nor does who is of no lower class than whoever needs the room
    cools_down,   // it was resumed, and runs again only for a short time
    is_spared,    // it has given way often enough
    fails,        // the same: it fails instead
};

// What is done by hand, and not for anybody's sake, has no beneficiary, and no cool-down.
Legality judge(const Attempt& attempt, const Limits& limits,
               std::optional<jobs::PriorityClass> beneficiary, Time now);

// Until when it is not to be preempted because it has been resumed; none: it was not.
std::optional<Time> protected_until(const Attempt& attempt, const Limits& limits);

}  // namespace ideamine::priority
