#pragma once

#include <cstddef>

namespace ideamine::dispatch {

// `preloading`: while the server starts, when settings that need a restart may be defined.
void define_settings(bool preloading);

std::size_t dispatch_memory();  // bytes

}  // namespace ideamine::dispatch
