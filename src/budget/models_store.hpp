// The table of models: their limits and prices.
#pragma once

#include "ideamine/pg/json.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::budget {

// What is not known is none; a price that is not known is not 0. A view of what it was read from.
struct Model {
    std::string_view name;
    std::optional<std::string_view> provider;
    std::optional<std::string_view> mode;
    std::optional<std::int64_t> max_input_tokens;
    std::optional<std::int64_t> max_output_tokens;
    std::optional<pg::Decimal> input_cost;  // USD per token
    std::optional<pg::Decimal> output_cost;
    pg::Json prices;  // an object of all others
};

// Each replaces what is known of its model. Models that are in two calls at once have to be in the
// same order there. All of these inside a pg::Spi.
void put_models(const std::vector<Model>& models);

struct Request {
    std::string model;
    std::int64_t input_tokens;                  // not negative, as
    std::optional<std::int64_t> output_tokens;  // none: as many as the model gives at most
};
// What it costs at most, in USD. Throws ID404 for an unknown model or price, or one that goes by
// something else than tokens, ID400 where nobody says how many tokens of output there may be.
pg::Decimal estimate_cost(const Request& request);

}  // namespace ideamine::budget
