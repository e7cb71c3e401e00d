#include "budget/price_tier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ideamine::budget {
namespace {

TEST(PriceTier, IsOfOneKindOfTokensFromANumberOfThousandsOn) {
    const auto input = parse_price_tier("input_cost_per_token_above_200k_tokens");
    ASSERT_TRUE(input);
    EXPECT_EQ(input->of, TokenKind::input);
    EXPECT_EQ(input->from_tokens, 200'000);
    const auto output = parse_price_tier("output_cost_per_token_above_1048576k_tokens");
    ASSERT_TRUE(output);
    EXPECT_EQ(output->of, TokenKind::output);
    EXPECT_EQ(output->from_tokens, 1'048'576'000);
    EXPECT_EQ(parse_price_tier("input_cost_per_token_above_0k_tokens")->from_tokens, 0);
    EXPECT_EQ(parse_price_tier("input_cost_per_token_above_999999999999k_tokens")->from_tokens,
              999'999'999'999'000);
}

TEST(PriceTier, IsNoPriceOfSomethingElse) {
    for (const std::string name :
         {"", "input", "input_cost_per_token", "input_cost_per_token_above_k_tokens",
          "input_cost_per_token_above_-1k_tokens", "input_cost_per_token_above_1.5k_tokens",
          "input_cost_per_token_above_200k", "input_cost_per_token_above_200_tokens",
          "input_cost_per_token_above_", "input_cost_per_token_above_k_token",
          "input_cost_per_token_above_200k_tokens_priority",
          "output_cost_per_token_above_272k_tokens_flex",
          "cache_read_input_token_cost_above_200k_tokens", "input_cost_per_image_above_128k_tokens",
          "input_cost_per_character_above_128k_tokens", "throughput_cost_per_token_above_1k_tokens",
          "Input_cost_per_token_above_1k_tokens",
          "input_cost_per_token_above_1000000000000k_tokens",
          "input_cost_per_token_above_200k_tokens "}) {
        EXPECT_FALSE(parse_price_tier(name)) << name;
    }
}

}  // namespace
}  // namespace ideamine::budget
