// Tenants: the customers and organisations that own jobs and quotas.
#pragma once

#include <cstdint>
#include <string_view>

namespace ideamine::access {

// Made on first use, so that the extension can be tried without any preparation.
inline constexpr std::string_view default_tenant = "default-tenant";

// Throws ID400 unless it is free, standard, premium or enterprise.
void check_tier(std::string_view tier);

// Throws ID400 unless it is from 1 to 1000.
void check_weight(std::int32_t weight);

}  // namespace ideamine::access
