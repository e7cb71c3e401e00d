// Numbers and times as text.
#pragma once

#include <cstdint>
#include <string>

namespace replay {

// Microseconds since 1970 as a timestamptz literal in UTC: "2023-11-16T18:17:03.979960Z".
std::string format_timestamp(std::int64_t micros);

// With its thousands apart: 18059974 is "18,059,974".
std::string format_count(std::int64_t number);

// With that many digits after the point.
std::string format_decimal(double number, int digits);

}  // namespace replay
