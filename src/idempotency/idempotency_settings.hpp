#pragma once

#include "ideamine/clock.hpp"

namespace ideamine::idempotency {

void define_settings();

// How long a key stands for its job.
Duration time_to_live();

}  // namespace ideamine::idempotency
