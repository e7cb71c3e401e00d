// A table that decides about rights, read as the server reads its own catalogs: past the caller's
// rights, row security and search path, and as it is committed now, whatever the caller's snapshot.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// Declared as `constinit pg::WatchedTable name{"table", "table_pkey"}`: a table in the schema
// ideamine and its primary key of two text columns. Everything here inside a transaction.
class WatchedTable {
  public:
    constexpr WatchedTable(const char* table, const char* primary_key)
        : table_(table), primary_key_(primary_key) {}

    // Whether what was read before may be out of date, because the table was changed, or roles
    // were; true the first time, and then false until the next change is heard of.
    bool has_changed();

    // The second column of the rows with this first one. Nothing if there is no such table, as in
    // an older catalogue.
    std::vector<std::string> read(const std::string& first);

    // Whether there is no row at all.
    bool is_empty();

  private:
    static void note_change(Datum table, Oid relation);
    static void note_role_change(Datum table, int cache, std::uint32_t hash);

    const char* table_;
    const char* primary_key_;
    bool watching_ = false;
    bool changed_ = true;
    Oid relation_ = InvalidOid;
};

// Hears of what others have committed by now. Statements do so when they lock a table, but not
// those that find it locked by their own transaction.
void hear_of_changes();

// The body of the table's trigger: from the next statement on this session, and from its commit on
// all others know of the change. A rollback is known as well.
void announce_change(FunctionCallInfo fcinfo);

// Whether a function is called the first time by this place of this execution of a query.
inline bool is_first_call(FunctionCallInfo fcinfo) {
    if (fcinfo->flinfo == nullptr || fcinfo->flinfo->fn_extra != nullptr) {
        return fcinfo->flinfo == nullptr;
    }
    fcinfo->flinfo->fn_extra = fcinfo->flinfo;
    return true;
}

}  // namespace ideamine::pg
