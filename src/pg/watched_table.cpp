#include "ideamine/pg/watched_table.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_collation_d.h"
#include "commands/trigger.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

namespace ideamine::pg {

// A table that is not there may be made by any change of any relation.
void WatchedTable::note_change(Datum table, Oid relation) {
    auto* const watched = reinterpret_cast<WatchedTable*>(DatumGetPointer(table));
    if (!OidIsValid(relation) || !OidIsValid(watched->relation_) ||
        relation == watched->relation_) {
        watched->changed_ = true;
    }
}

void WatchedTable::note_role_change(Datum table, int /*cache*/, std::uint32_t /*hash*/) {
    reinterpret_cast<WatchedTable*>(DatumGetPointer(table))->changed_ = true;
}

bool WatchedTable::has_changed() {
    if (!watching_) {
        call([this] {
            CacheRegisterRelcacheCallback(note_change, PointerGetDatum(this));
            CacheRegisterSyscacheCallback(AUTHOID, note_role_change, PointerGetDatum(this));
        });
        watching_ = true;
    }
    return std::exchange(changed_, false);
}

namespace {

struct Found {
    Oid table;
    Oid index;
};

Found find(const char* table, const char* index) {
    return call([&]() -> Found {
        const Oid schema = get_namespace_oid("ideamine", true);
        if (!OidIsValid(schema)) {
            return {};
        }
        return {get_relname_relid(table, schema), get_relname_relid(index, schema)};
    });
}

// Calls `work` with the table and a scan of the rows that the keys choose.
template <typename Work>
void scan(const Found& found, std::span<ScanKeyData> keys, Work&& work) {
    const auto table = table_open(found.table, AccessShareLock);
    const auto rows = systable_beginscan(table, found.index, true, nullptr,
                                         static_cast<int>(keys.size()), keys.data());
    work(table, rows);
    systable_endscan(rows);
    table_close(table, AccessShareLock);
}

void read_second(const Found& found, const std::string& first, std::vector<std::string>& seconds) {
    ScanKeyData key;
    ScanKeyEntryInitialize(&key, 0, 1, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
                           CStringGetTextDatum(first.c_str()));
    scan(found, {&key, 1}, [&](Relation table, SysScanDesc rows) {
        for (auto row = systable_getnext(rows); HeapTupleIsValid(row);
             row = systable_getnext(rows)) {
            bool null = false;
            const auto second = heap_getattr(row, 2, RelationGetDescr(table), &null);
            auto* const value = PG_DETOAST_DATUM_PACKED(second);
            seconds.emplace_back(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
        }
    });
}

bool has_row(const Found& found) {
    bool has_row = false;
    scan(found, {},
         [&](Relation, SysScanDesc rows) { has_row = HeapTupleIsValid(systable_getnext(rows)); });
    return has_row;
}

}  // namespace

std::vector<std::string> WatchedTable::read(const std::string& first) {
    const auto found = find(table_, primary_key_);
    relation_ = found.table;
    std::vector<std::string> seconds;
    if (OidIsValid(found.table)) {
        call([&] { read_second(found, first, seconds); });
    }
    return seconds;
}

bool WatchedTable::is_empty() {
    const auto found = find(table_, primary_key_);
    relation_ = found.table;
    return !OidIsValid(found.table) || !call([&] { return has_row(found); });
}

void hear_of_changes() {
    call([] { AcceptInvalidationMessages(); });
}

void announce_change(FunctionCallInfo fcinfo) {
    call([fcinfo] {
        if (!CALLED_AS_TRIGGER(fcinfo)) {
            ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                            errmsg("this function can only be called as a trigger")));
        }
        const auto* trigger = reinterpret_cast<TriggerData*>(fcinfo->context);
        CacheInvalidateRelcache(trigger->tg_relation);
    });
}

}  // namespace ideamine::pg
