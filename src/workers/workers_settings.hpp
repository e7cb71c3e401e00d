#pragma once

#include "ideamine/clock.hpp"

namespace ideamine::workers {

void define_settings();

// How long a worker may be silent before it is given up.
Duration worker_timeout();

}  // namespace ideamine::workers
