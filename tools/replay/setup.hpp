// What every part of a run has to know; made once, before the first thread starts.
#pragma once

#include <string>
#include <vector>

#include "replay/batches.hpp"
#include "replay/hand.hpp"
#include "replay/options.hpp"
#include "replay/scenes.hpp"
#include "replay/session.hpp"
#include "replay/workload.hpp"

namespace replay {

struct Setup {
    Options options;
    Scene scene = Scene::workload;
    Server server;
    Workload workload;
    Plan plan;
    std::vector<std::string> tenant_ids;  // by position in Workload::tenants
    std::string tenant_array;             // the same as a literal of text[]
    bool sweep = false;                   // take lost work back from here
    Clock::time_point started;            // Plan::start_us by this side's clock

    // What the server's clock says then.
    std::int64_t server_us(Clock::time_point time) const {
        return plan.start_us + std::chrono::duration_cast<Micros>(time - started).count();
    }
};

// Connects, reads or makes the workload, and looks whether the run is possible. Throws
// std::runtime_error with a message for people if it is not.
Setup prepare(const Options& options, Scene scene);

}  // namespace replay
