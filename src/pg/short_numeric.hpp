// numeric, read where it stands.
#pragma once

#include "ideamine/pg/datum.hpp"

namespace ideamine::pg {

inline constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
    std::array<std::int64_t, 19> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) {
        powers[i] = 10 * powers[i - 1];
    }
    return powers;
}();

// A numeric times 10 to the power of the digits, if that is a whole number that can be had without
// the server's functions: of nearly every amount. What this knows nothing of is theirs.
std::optional<std::int64_t> scale_short(Datum value, int digits);

}  // namespace ideamine::pg
