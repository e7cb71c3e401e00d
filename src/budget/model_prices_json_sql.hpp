// Models and their prices as LiteLLM publishes them: an object, by the names of the models.
#pragma once

#include "budget/models_store.hpp"

namespace ideamine::budget {

struct ModelPrices {
    std::vector<Model> models;  // each once, and always in the same order
    int unpriced = 0;           // those without a price per token of input or of output
    int skipped = 0;            // entries that are no models
};

// A view of the argument, in the current memory context. Throws ID400, naming model and key, for
// what is no entry or no price, ID413 for too many.
ModelPrices read_model_prices(const pg::Json& json);

}  // namespace ideamine::budget
