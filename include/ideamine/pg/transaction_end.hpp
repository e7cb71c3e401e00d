// What is to happen at the end of each transaction of this process, however it ends.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// Calls `function` after each commit, rollback and PREPARE, when the outcome is visible to others;
// also when the session is ended within a transaction. Once per process. It must not fail, allocate
// or touch a table.
void at_each_transaction_end(void (*function)());

}  // namespace ideamine::pg
