#include "access/tenant.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "ideamine/error.hpp"

namespace ideamine::access {

void check_tier(std::string_view tier) {
    static constexpr std::array<std::string_view, 4> tiers{"free", "standard", "premium",
                                                           "enterprise"};
    if (std::ranges::find(tiers, tier) == tiers.end()) {
        throw Error(Code::invalid_argument, "unknown tier \"" + std::string{tier} + "\"", {},
                    "Tiers are free, standard, premium and enterprise.");
    }
}

void check_weight(std::int32_t weight) {
    constexpr std::int32_t least = 1;
    constexpr std::int32_t most = 1000;
    if (weight < least || weight > most) {
        throw Error(Code::invalid_argument, "weight must be from 1 to 1000");
    }
}

}  // namespace ideamine::access
