// Tables, by name.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// As this transaction sees the catalogue now. The schema exists.
inline bool relation_exists(const char* schema, const char* name) {
    return call(
        [=] { return OidIsValid(get_relname_relid(name, get_namespace_oid(schema, false))); });
}

}  // namespace ideamine::pg
