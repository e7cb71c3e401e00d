// Waiting on the process's latch, the only way this project waits in the server.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// Sleeps until the latch is set or the time is over, and handles interrupts: a cancelled wait
// throws; a background worker asked to end ends here, and so does a session whose client is gone.
// Returns true if the latch was set. `event` is shown in pg_stat_activity (by its own name from
// PostgreSQL 17 on).
bool wait_on_latch(std::chrono::milliseconds timeout, const char* event);

}  // namespace ideamine::pg
