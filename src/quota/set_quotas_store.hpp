// The row of a tenant's quotas.
#pragma once

#include <optional>

#include "quota/quotas.hpp"

namespace ideamine::quota {

// What set_quotas() names; the rest stays as it is.
struct Changes {
    std::optional<std::string> tier;
    std::array<std::optional<Amount>, resource_count> limits;
    std::optional<std::int32_t> burst_percent;
    std::optional<std::int32_t> burst_seconds;
    std::optional<bool> throttle_enabled;
    std::optional<double> throttle_threshold;
    std::optional<std::string> time_zone;
};

// Throws ID400 where a value is out of its range.
void check_changes(const Changes& changes);

// Makes the tenant if need be, and its row. Inside a pg::Spi, as the owner.
void set_quotas(const std::string& tenant, const Changes& changes);

}  // namespace ideamine::quota
