// The quotas of a tenant, and the limits that follow from them.
#pragma once

#include <string>

#include "admission/ledger.hpp"
#include "quota/resource.hpp"

namespace ideamine::quota {

using admission::Amount;

struct Quotas {
    std::array<Amount, resource_count> limits{};  // in the smallest units; admission::unlimited
    int burst_percent = 20;                       // of cpu and memory
    Duration burst_time = std::chrono::seconds{300};
    bool throttle_enabled = true;
    double throttle_threshold = 0.9;  // above 0, at most 1
    std::string time_zone = "UTC";
};

// What a tenant of that tier gets that has no quotas of its own. The tier is known.
Quotas tier_quotas(std::string_view tier);

// For how long a tenant is throttled that crosses its threshold.
inline constexpr Duration throttle_time = std::chrono::minutes{5};

// The limits of all resources; the window is the caller's to set.
admission::Rules rules_of(const Quotas& quotas);

}  // namespace ideamine::quota
