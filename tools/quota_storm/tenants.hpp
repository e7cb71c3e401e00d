// The tenants of one storm, and what has to be true of them.
#pragma once

#include <string>
#include <vector>

#include "quota_storm/session.hpp"

namespace storm {

struct Tenant {
    std::string id;
    std::string settings;       // further arguments of set_quotas()
    std::string burst = "1.2";  // of their limits, what cpu and memory may reach
    bool records = false;       // also without asking, so that limits say nothing
    bool changes = false;       // its limits change meanwhile
    bool midnight = false;      // its day ends in a moment
};

std::vector<Tenant> tenants_of(unsigned seed);

void make(Session& session, const Tenant& tenant);

// What nobody may ever see: one row for each amount that is wrong. Both while the storm goes on.
//
// In the counters: more than the limit (with the burst), or less than nothing.
std::string wrong_counters(const std::vector<Tenant>& tenants);
// In the table: the same of the sum of what is committed.
std::string wrong_sums(const std::vector<Tenant>& tenants);

// When all is quiet: counters of any tenant that are not the sum of its rows, to the last digit,
// and limits that are not those of its quotas.
std::string differences();

}  // namespace storm
