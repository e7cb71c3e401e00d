#include "ideamine/pg/installation.hpp"

extern "C" {
#include "utils/inval.h"
#include "utils/syscache.h"
}

namespace ideamine::pg {

namespace {

constinit Installation last{};

// Looking the schema up at each check would take a good part of it. Invalid: not known.
constinit Oid schema = InvalidOid;
constinit bool watching = false;

// As soon as this process hears of a schema that was made, dropped or renamed, by itself or by
// others; also when it undoes that.
void forget_schema(Datum, int, std::uint32_t) {
    schema = InvalidOid;
}

void find_schema() {
    if (!watching) {
        call([] { CacheRegisterSyscacheCallback(NAMESPACEOID, forget_schema, Datum{0}); });
        watching = true;
    }
    schema = call([] { return get_namespace_oid("ideamine", false); });
}

}  // namespace

Installation current_installation() {
    if (!OidIsValid(schema)) {
        find_schema();
    }
    last = {.database = MyDatabaseId, .schema = schema};
    return last;
}

Installation last_installation() {
    return last;
}

}  // namespace ideamine::pg
