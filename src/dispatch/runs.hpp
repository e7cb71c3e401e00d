// The items of a queue in the order in which they became ready, out of chunks that came in any
// order: each chunk is sorted, and chunks are merged as they are taken from.
#pragma once

#include "dispatch/nodes.hpp"

namespace ideamine::dispatch {

// A pairing heap of chunks by their first items. All return the chunk that is first then, 0 if
// there is none.
Offset merge_runs(const Memory& memory, Offset one, Offset other);
// All but the first one, which is on its own again.
Offset remove_first_run(const Memory& memory, Offset first);

}  // namespace ideamine::dispatch
