#include "ideamine/pg/extension.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
}

namespace ideamine::pg {

namespace {

constexpr const char* own_name = "ideamine";

constinit bool version_known = false;
constinit Version version{};
constinit bool watching = false;

void forget_version(Datum, Oid) {
    version_known = false;
}

// The server keeps no cache of this catalogue. Empty: not installed.
const char* read_version_text() {
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
                CStringGetDatum(own_name));
    const auto relation = table_open(ExtensionRelationId, AccessShareLock);
    const auto scan = systable_beginscan(relation, ExtensionNameIndexId, true, nullptr, 1, &key);
    const char* found = "";
    if (const auto tuple = systable_getnext(scan); HeapTupleIsValid(tuple)) {
        bool null = false;
        const auto value =
            heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(relation), &null);
        found = TextDatumGetCString(value);
    }
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    return found;
}

}  // namespace

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

bool is_installed() {
    return OidIsValid(call([] { return get_extension_oid(own_name, true); }));
}

Version installed_version() {
    if (!watching) {
        call([] { CacheRegisterRelcacheCallback(forget_version, Datum{0}); });
        watching = true;
    }
    if (!version_known) {
        const auto read = parse_version(call(read_version_text));
        if (!read) {
            throw ideamine::Error(Code::unavailable, "extension ideamine is not installed", {},
                                  "Run CREATE EXTENSION ideamine.");
        }
        version = *read;
        version_known = true;
    }
    return version;
}

void require_version(Version required, const char* what) {
    if (installed_version() < required) {
        throw ideamine::Error(
            Code::unavailable,
            std::string{what} + " needs version " + std::to_string(required.major) + "." +
                std::to_string(required.minor) + " of the extension",
            "The library is of that version, but the extension in this database is older.",
            "Run ALTER EXTENSION ideamine UPDATE.");
    }
}

}  // namespace ideamine::pg
