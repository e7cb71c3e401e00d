#include "ideamine/pg/database.hpp"

extern "C" {
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/varlena.h"
}

namespace ideamine::pg {

namespace {

// A copy of the fixed part of its row. An invalid database counts as none.
std::optional<FormData_pg_database> find_database(const char* name) {
    FormData_pg_database found{};
    const bool exists = call([&] {
        const Oid oid = get_database_oid(name, true);
        HeapTuple row = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(oid));
        if (!HeapTupleIsValid(row)) {
            return false;
        }
        std::memcpy(&found, GETSTRUCT(row), sizeof found);
        ReleaseSysCache(row);
        return true;
    });
    return exists ? std::optional{found} : std::nullopt;
}

bool is_owner(const FormData_pg_database& database) {
    return call([&] { return has_privs_of_role(GetUserId(), database.datdba); });
}

bool may_create_databases() {
    return call([] {
        if (superuser()) {
            return true;
        }
        HeapTuple role = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetUserId()));
        if (!HeapTupleIsValid(role)) {
            return false;
        }
        const bool may = reinterpret_cast<Form_pg_authid>(GETSTRUCT(role))->rolcreatedb;
        ReleaseSysCache(role);
        return may;
    });
}

}  // namespace

std::vector<Database> list_databases() {
    std::vector<Database> databases;
    Relation relation = call([] { return table_open(DatabaseRelationId, AccessShareLock); });
    TableScanDesc scan = call([=] { return table_beginscan_catalog(relation, 0, nullptr); });
    while (HeapTuple row = call([=] { return heap_getnext(scan, ForwardScanDirection); })) {
        auto* database = reinterpret_cast<Form_pg_database>(GETSTRUCT(row));
        const bool connectable = database->datallowconn && !database_is_invalid_form(database);
        databases.push_back({NameStr(database->datname), connectable});
    }
    call([=] {
        table_endscan(scan);
        table_close(relation, AccessShareLock);
    });
    return databases;
}

std::string current_database() {
    return call([] { return static_cast<const char*>(get_database_name(MyDatabaseId)); });
}

bool owns_database(const char* name) {
    const auto database = find_database(name);
    return database && is_owner(*database);
}

bool may_copy_database(const char* name) {
    const auto database = find_database(name);
    return database && may_create_databases() && (database->datistemplate || is_owner(*database));
}

std::string server_history() {
    const auto [system, timeline] = call([] {
        return std::pair{GetSystemIdentifier(), GetWALInsertionTimeLine()};
    });
    return std::to_string(system) + "/" + std::to_string(timeline);
}

std::optional<std::vector<std::string>> split_names(const char* list) {
    List* names = nullptr;
    char* const scratch = call([list] { return pstrdup(list); });
    const bool well_formed = call([&] { return SplitIdentifierString(scratch, ',', &names); });
    std::vector<std::string> copies;
    copies.reserve(static_cast<std::size_t>(list_length(names)));
    for (int i = 0; i < list_length(names); ++i) {
        copies.emplace_back(static_cast<const char*>(list_nth(names, i)));
    }
    list_free(names);
    pfree(scratch);
    return well_formed ? std::optional{std::move(copies)} : std::nullopt;
}

}  // namespace ideamine::pg
