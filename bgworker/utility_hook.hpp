// Statements that need a database for themselves find its worker gone; those that restore one find
// it idle.
#pragma once

namespace ideamine::bgworker {

// In _PG_init, while the postmaster loads its libraries.
void watch_statements();

}  // namespace ideamine::bgworker
