// Extensions installed in this database.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// Keeps the extension from being dropped until the transaction ends. False if it is not installed,
// or is being dropped just now: this never waits.
bool pin_extension(const char* name);

}  // namespace ideamine::pg
