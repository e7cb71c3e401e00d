// What the server says of a graph that it refuses.
#pragma once

#include <string>

#include "replay/workload.hpp"

namespace replay {

// Is what the server named, as in '"job-3" waits for "job-7", which waits for "job-3".', a cycle of
// the graph? Where it left some of a long cycle out, the jobs on either side of the gap need not
// wait for each other.
bool is_true_cycle(const std::string& detail, const Workload& workload, const Graph& graph);

// The same with the tasks' own names.
std::string with_names(const std::string& detail, const Workload& workload);

}  // namespace replay
