// EXPLAIN shows how many rows were expected and looked at, and so tells of rows that row security
// hides.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// In _PG_init: `check` is called, and may throw, before a statement is explained that reads a table
// with row security in one of the schemas of the extension, wherever the statement is.
void guard_explain(void (*check)());

}  // namespace ideamine::pg
