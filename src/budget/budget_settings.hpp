#pragma once

#include "ideamine/clock.hpp"

namespace ideamine::budget {

void define_settings();

Duration reservation_ttl();
Duration cost_key_retention();
Duration cost_retention();

}  // namespace ideamine::budget
