#pragma once

#include <string>

namespace ideamine::quota {

// 0 to 100, see health.hpp. Inside a pg::Spi.
int tenant_health(const std::string& tenant);

}  // namespace ideamine::quota
