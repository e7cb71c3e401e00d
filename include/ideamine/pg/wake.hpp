// Waking another process by its latch.
#pragma once

#include "ideamine/pg/api.hpp"

namespace ideamine::pg {

// The number of this process among those that share the server's memory.
inline int own_process_number() {
    return static_cast<int>(MyProc - ProcGlobal->allProcs);
}

// A process that has ended in the meantime, or another that took its number, comes to no harm.
inline void wake_process(int number) {
    SetLatch(&ProcGlobal->allProcs[number].procLatch);
}

}  // namespace ideamine::pg
