#include "ideamine/pg/extension.hpp"

extern "C" {
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
}

namespace ideamine::pg {

bool pin_extension(const char* name) {
    return call([name] {
        const Oid oid = get_extension_oid(name, true);
        if (!OidIsValid(oid)) {
            return false;
        }
        // DROP EXTENSION takes this lock first of all
        LOCKTAG tag;
        SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, oid, 0);
        if (LockAcquire(&tag, AccessShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL) {
            return false;
        }
        AcceptInvalidationMessages();
        return get_extension_oid(name, true) == oid;
    });
}

}  // namespace ideamine::pg
