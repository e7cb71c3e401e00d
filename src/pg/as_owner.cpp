#include "ideamine/pg/as_owner.hpp"

extern "C" {
#include "catalog/pg_namespace.h"
#include "utils/syscache.h"
}

namespace ideamine::pg {

namespace {

// Who owns the schema owns the extension that made it.
Oid find_owner() {
    const Oid schema = get_namespace_oid("ideamine", false);
    HeapTuple row = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
    if (!HeapTupleIsValid(row)) {
        elog(ERROR, "schema ideamine is gone");
    }
    const Oid owner = reinterpret_cast<Form_pg_namespace>(GETSTRUCT(row))->nspowner;
    ReleaseSysCache(row);
    return owner;
}

}  // namespace

AsOwner::AsOwner() {
    call([this] {
        const Oid owner = find_owner();
        settings_level_ = NewGUCNestLevel();
        set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
                          GUC_ACTION_SAVE, true, 0, false);
        GetUserIdAndSecContext(&caller_, &context_);
        SetUserIdAndSecContext(owner, context_ | SECURITY_LOCAL_USERID_CHANGE);
    });
}

// After an ERROR the server itself puts both back, when it rolls back.
AsOwner::~AsOwner() {
    if (std::uncaught_exceptions() == exceptions_) {
        SetUserIdAndSecContext(caller_, context_);
        AtEOXact_GUC(true, settings_level_);
    }
}

}  // namespace ideamine::pg
