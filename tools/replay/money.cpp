#include "replay/money.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace replay {

namespace {

constexpr Nano per_dollar = 1'000'000'000;
constexpr std::size_t decimals = 9;

bool all_digits(const std::string& text) {
    return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::string format_money(Nano amount) {
    const Nano size = amount < 0 ? -amount : amount;
    std::string fraction = std::to_string(size % per_dollar);
    fraction.insert(0, decimals - fraction.size(), '0');
    return (amount < 0 ? "-" : "") + std::to_string(size / per_dollar) + '.' + fraction;
}

Nano parse_money(const std::string& text) {
    const bool negative = text.starts_with('-');
    const std::string size = text.substr(negative ? 1 : 0);
    const std::size_t point = std::min(size.find('.'), size.size());
    const std::string whole = size.substr(0, point);
    std::string fraction = size.substr(std::min(point + 1, size.size()));
    fraction.erase(fraction.find_last_not_of('0') + 1);
    constexpr std::size_t most_digits = 9;
    if (whole.empty() || whole.size() > most_digits || fraction.size() > decimals ||
        !all_digits(whole) || !all_digits(fraction)) {
        throw std::invalid_argument("\"" + text + "\" is no amount of money");
    }
    fraction.resize(decimals, '0');
    const Nano amount = std::stoll(whole) * per_dollar + std::stoll(fraction);
    return negative ? -amount : amount;
}

}  // namespace replay
