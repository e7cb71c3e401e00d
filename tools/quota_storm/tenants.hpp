// The tenants of one storm, and what has to be true of them.
#pragma once

#include <array>
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

// Each tenant has them, in one project.
inline constexpr std::array users{"ann", "bob"};
inline constexpr auto project = "weather";

std::vector<Tenant> tenants_of(unsigned seed);

void make_all(Session& session, const std::vector<Tenant>& tenants, unsigned seed);

}  // namespace storm
