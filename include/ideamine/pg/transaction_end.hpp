// What is to happen when the caller's transaction ends. All of these run where an error would stop
// the server: they must not fail, allocate or touch a table.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

enum class TransactionEvent {
    before_commit,  // the last moment at which the transaction can be told how to commit
    committed,      // visible to others
    rolled_back,
    prepared,  // its end is another session's business now
};

// Calls `handler` at these events of every transaction of this process; also when the session is
// ended within one. Each handler once per process; may raise a server error itself.
void at_transaction_events(void (*handler)(TransactionEvent));

// Calls `function` once if the caller's transaction commits, not if it rolls back, is prepared, or
// rolls back to a savepoint before this call. A later call replaces an earlier one.
using AtCommit = void (*)(std::int64_t argument);
void at_commit(AtCommit function, std::int64_t argument);

}  // namespace ideamine::pg
