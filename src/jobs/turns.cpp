#include "jobs/turns.hpp"

#include <algorithm>
#include <cstddef>

namespace ideamine::jobs {

std::vector<std::int32_t> share_out(std::int32_t wanted, std::int32_t tenants) {
    if (tenants <= 0) {
        return {};
    }
    const std::int32_t dealt = std::max(wanted, 0);
    std::vector<std::int32_t> shares(static_cast<std::size_t>(tenants), dealt / tenants);
    // What is left over after the full rounds goes one by one to the first.
    std::for_each_n(shares.begin(), dealt % tenants, [](std::int32_t& share) { ++share; });
    return shares;
}

}  // namespace ideamine::jobs
