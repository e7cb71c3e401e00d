// Prices of long prompts: from some number of tokens of input on, models charge more for all
// tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ideamine::budget {

enum class TokenKind { input, output };

struct PriceTier {
    TokenKind of;
    // Tokens of input from which on it is the price of every token. Some charge it above this
    // number, some from it on: who wants to know the most takes the latter.
    std::int64_t from_tokens;
};

// What the name of a price in LiteLLM's table says, such as input_cost_per_token_above_200k_tokens.
// None: it is the price of something else, as of those that are served with priority.
std::optional<PriceTier> parse_price_tier(std::string_view name);

}  // namespace ideamine::budget
