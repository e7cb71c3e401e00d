// Whether the counters in shared memory say what their ledgers say.
#pragma once

#include "admission/ledger.hpp"
#include "ideamine/pg/function.hpp"
#include "quota/resource.hpp"

namespace ideamine::quota {

// A kind of scopes whose counters are compared with their ledger.
struct Book {
    char kind;
    const char* scope;  // what audit_counters() calls it
    const admission::Ledger& ledger;
    Resource (*resource_of)(int resource);          // as which one it is counted
    std::string (*printable)(std::string_view id);  // for people
};
// In _PG_init, for kinds of others; it has to stay where it is.
void audit_also(const Book& book);

// Adds a row for each counter in memory, in the columns of audit_counters(). Returns how many are
// broken. Inside a pg::Spi.
std::int64_t audit_counters(pg::Returned& returned);

}  // namespace ideamine::quota
