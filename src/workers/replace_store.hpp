// Successors of workers that failed.
#pragma once

#include "workers/worker_store.hpp"

namespace ideamine::workers {

// Registers a worker like this one, for a new process to take over, and returns it; the same one if
// that was done already. Throws ID404 for an unknown worker, ID409 if it has not failed. Inside a
// pg::Spi.
Uuid replace(const Uuid& failed);

// The same for those of these failed workers that ever gave a sign of life: a successor that nobody
// took over has none.
void replace_those_that_lived(const std::vector<Uuid>& failed);

}  // namespace ideamine::workers
