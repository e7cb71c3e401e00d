// Which share of what there is is in use.
#pragma once

#include <optional>
#include <string>

#include "quota/needs.hpp"

namespace ideamine::priority {

struct Utilization {
    admission::Amount used;
    admission::Amount capacity;  // admission::unlimited: there is no limit

    // 0 to 1; of what has no limit nothing is in use.
    double share() const;
};

// Of a tenant's quota or, without one, of the platform's capacity. Throws ID404 for an unknown
// tenant.
Utilization utilization(const std::optional<std::string>& tenant, quota::Resource resource);

}  // namespace ideamine::priority
