// Tables, by name.
#pragma once

#include "ideamine/pg/error.hpp"

extern "C" {
#include "utils/inval.h"
}

namespace ideamine::pg {

// As the catalogue is now: also what was committed while this transaction waited for a lock that is
// not a table's. The schema exists.
inline bool relation_exists(const char* schema, const char* name) {
    return call([=] {
        AcceptInvalidationMessages();
        return OidIsValid(get_relname_relid(name, get_namespace_oid(schema, false)));
    });
}

}  // namespace ideamine::pg
