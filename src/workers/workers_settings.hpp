#pragma once

#include "ideamine/clock.hpp"

namespace ideamine::workers {

void define_settings();

// How long a worker may be silent before it is given up.
Duration worker_timeout();

// For how long the row of a living worker may fail to say that it was heard of.
Duration longest_unwritten();

// Whether the sweep registers a successor for each worker that it gives up.
bool auto_replace_workers();

}  // namespace ideamine::workers
