// The table of what the platform has.
#pragma once

#include "ideamine/pg/numeric.hpp"
#include "quota/resource.hpp"

namespace ideamine::priority {

// How much of a resource the running jobs of all tenants may hold together. Inside a pg::Spi.
void set_capacity(quota::Resource resource, pg::Units capacity);
// From now on there is no limit. False if there was none. The same.
bool remove_capacity(quota::Resource resource);

}  // namespace ideamine::priority
