#include "budget/price_tier.hpp"

#include <algorithm>
#include <charconv>

namespace ideamine::budget {

namespace {

constexpr std::string_view middle = "_cost_per_token_above_";
constexpr std::string_view ending = "k_tokens";
constexpr std::size_t most_digits = 12;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// False if it does not begin so.
bool take(std::string_view& text, std::string_view beginning) {
    if (!text.starts_with(beginning)) {
        return false;
    }
    text.remove_prefix(beginning.size());
    return true;
}

}  // namespace

std::optional<PriceTier> parse_price_tier(std::string_view name) {
    const bool is_input = take(name, "input");
    if ((!is_input && !take(name, "output")) || !take(name, middle) || !name.ends_with(ending)) {
        return std::nullopt;
    }
    const auto digits = name.substr(0, name.size() - ending.size());
    if (digits.empty() || digits.size() > most_digits || !std::ranges::all_of(digits, is_digit)) {
        return std::nullopt;
    }
    std::int64_t thousands = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), thousands);
    return PriceTier{.of = is_input ? TokenKind::input : TokenKind::output,
                     .from_tokens = thousands * 1000};
}

}  // namespace ideamine::budget
