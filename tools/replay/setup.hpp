// What every part of a run has to know; made once, before the first thread starts.
#pragma once

#include <string>
#include <vector>

#include "replay/batches.hpp"
#include "replay/options.hpp"
#include "replay/session.hpp"
#include "replay/workload.hpp"

namespace replay {

struct Setup {
    Options options;
    Server server;
    Workload workload;
    Plan plan;
    std::vector<std::string> tenant_ids;  // by position in Workload::tenants
    std::string tenant_array;             // the same as a literal of text[]
    bool sweep = false;                   // take lost work back from here
};

// Connects, reads or makes the workload, and looks whether the run is possible. Throws
// std::runtime_error with a message for people if it is not.
Setup prepare(const Options& options);

}  // namespace replay
