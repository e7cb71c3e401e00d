// Extensions installed in this database.
#pragma once

#include "ideamine/pg/error.hpp"
#include "ideamine/version.hpp"

namespace ideamine::pg {

// Keeps the extension from being dropped until the transaction ends. False if it is not installed,
// or is being dropped just now: this never waits.
bool pin_extension(const char* name);

// Whether our own extension is installed in this database.
bool is_installed();

// Of our own extension, as its catalogue says; kept until some table changes, as each update of
// the extension changes one. Throws ID503 if it is not installed. Inside a transaction.
Version installed_version();

// Throws ID503, saying that the extension is to be updated, if its catalogue is older.
void require_version(Version version, const char* what);

}  // namespace ideamine::pg
