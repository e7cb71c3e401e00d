// Tenants: the customers and organisations that own jobs and quotas.
#pragma once

#include <string_view>

namespace ideamine::access {

// Made on first use, so that the extension can be tried without any preparation.
inline constexpr std::string_view default_tenant = "default-tenant";

// Throws ID400 unless it is free, standard, premium or enterprise.
void check_tier(std::string_view tier);

}  // namespace ideamine::access
