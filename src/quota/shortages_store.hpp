// What is missing until a job fits.
#pragma once

#include "quota/leases_store.hpp"

namespace ideamine::quota {

struct Shortage {
    Resource resource;
    bool of_platform;  // of its capacity; otherwise of the quota of the job's tenant
    Amount missing;    // above 0
    Amount limit;
    double utilization;  // the share that is in use, 0 to 1
};

// Of what the job needs, runs apart: where more would be in use than there is, what was freed not
// counted.
std::vector<Shortage> shortages(const std::string& tenant, const Needs& needs,
                                const Freed& freed = {});

// Whether it would fit now; if not, whether it would where nothing is in use. Runs apart.
enum class Fit { now, later, never };
Fit fit_of(const std::string& tenant, const Needs& needs);

}  // namespace ideamine::quota
