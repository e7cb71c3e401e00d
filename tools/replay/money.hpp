// USD as whole nano-dollars, the unit in which the server counts.
#pragma once

#include <cstdint>
#include <string>

namespace replay {

using Nano = std::int64_t;

// All nine decimals: 1'700'000'000 is "1.700000000".
std::string format_money(Nano amount);

// What the server says, such as "1.7"; at most nine decimals. Throws std::invalid_argument for
// anything else.
Nano parse_money(const std::string& text);

}  // namespace replay
