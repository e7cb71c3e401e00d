// The launcher: a process without a database that has a worker started for each one named in
// ideamine.databases, and started again when it ends.
#pragma once

// define_settings() is the other half of what _PG_init calls
#include "bgworker/settings.hpp"

namespace ideamine::bgworker {

// In _PG_init, after define_settings(). Does nothing unless the server is preloading its libraries,
// or while pg_upgrade runs: then nothing may work on the databases behind its back.
void register_launcher();

}  // namespace ideamine::bgworker
