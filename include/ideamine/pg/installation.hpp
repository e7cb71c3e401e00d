// Which installation of the extension shared memory keeps something for.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// A DROP and CREATE EXTENSION is another installation, told apart by the oid of its schema.
struct Installation {
    Oid database;
    Oid schema;

    bool operator==(const Installation&) const = default;
};

// This database's. In a transaction.
Installation current_installation();
// The one that this process asked for last: where nothing may fail.
Installation last_installation();

}  // namespace ideamine::pg
