// Tenants take turns within a priority class.
#pragma once

#include <cstdint>
#include <vector>

namespace ideamine::jobs {

// How many jobs each of `tenants` tenants may take so that `wanted` are taken in turn, one by one,
// beginning with the first: shares differ by at most one and add up to `wanted`. Nothing is shared
// if `wanted` is negative, and nobody has a share if `tenants` is not positive.
std::vector<std::int32_t> share_out(std::int32_t wanted, std::int32_t tenants);

}  // namespace ideamine::jobs
