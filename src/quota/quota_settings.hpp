#pragma once

#include "admission/counter.hpp"

namespace ideamine::quota {

void define_settings();

Duration usage_retention();

// Of a user in a project who has no limits of his own, in the smallest units.
admission::Amount default_tokens_daily();
admission::Amount default_cost_daily();

}  // namespace ideamine::quota
