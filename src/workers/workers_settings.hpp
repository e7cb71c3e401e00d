#pragma once

#include "ideamine/clock.hpp"

namespace ideamine::workers {

void define_settings();

// How long a worker may be silent before it is given up.
Duration worker_timeout();

// Whether the sweep registers a successor for each worker that it gives up.
bool auto_replace_workers();

}  // namespace ideamine::workers
