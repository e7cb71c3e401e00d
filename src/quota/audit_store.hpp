// Whether the counters in shared memory say what their ledgers say.
#pragma once

#include "ideamine/pg/function.hpp"

namespace ideamine::quota {

// Adds a row for each counter in memory, in the columns of audit_counters(). Returns how many are
// broken. Inside a pg::Spi.
std::int64_t audit_counters(pg::Returned& returned);

}  // namespace ideamine::quota
