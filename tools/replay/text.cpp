#include "replay/text.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace replay {

std::string format_timestamp(std::int64_t micros) {
    constexpr std::int64_t per_second = 1'000'000;
    const std::time_t seconds = micros / per_second;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> date{};
    std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%06dZ",
                  static_cast<int>(micros % per_second));
    return std::string(date.data()) + fraction.data();
}

std::string format_count(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t place = digits.size(); place > first + 3;) {
        place -= 3;
        digits.insert(place, 1, ',');
    }
    return digits;
}

std::string format_decimal(double number, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, number);
    return text.data();
}

}  // namespace replay
