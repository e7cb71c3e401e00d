#pragma once

#include <cstddef>

#include "ideamine/clock.hpp"

namespace ideamine::admission {

// `preloading`: while the server starts, when settings that need a restart may be defined.
void define_settings(bool preloading);

std::size_t counter_memory();  // bytes
Duration counter_load_timeout();

}  // namespace ideamine::admission
