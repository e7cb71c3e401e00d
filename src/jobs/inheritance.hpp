// Priority inheritance among the jobs of one call: what a job waits for is served as its class.
#pragma once

#include <vector>

#include "jobs/graph.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::jobs {

// Of each job the highest class among its own and those of all jobs that wait for it, directly or
// through others. Only what `waits` hands on anything: a job that was cancelled at once does not.
// Linear, without recursion.
std::vector<PriorityClass> served_classes(const std::vector<PriorityClass>& own,
                                          const std::vector<bool>& waits,
                                          const std::vector<Edge>& edges,
                                          Interrupt interrupt = never_interrupted);

}  // namespace ideamine::jobs
