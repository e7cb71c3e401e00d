// A job's effective class: the class that it was assigned, raised while it waits.
#pragma once

#include "ideamine/clock.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::priority {

// By one for each interval that it has waited, never to P0. An interval of 0 or less: nothing ages.
jobs::PriorityClass aged(jobs::PriorityClass assigned, Duration waited, Duration interval);

}  // namespace ideamine::priority
