// What is to happen when the caller's transaction ends. Once it has ended an error would stop the
// server: what is called then must not fail, allocate or touch a table.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

enum class TransactionEvent {
    before_prepare,  // an error refuses PREPARE TRANSACTION
    before_commit,   // the last moment at which the transaction can be told how to commit
    committed,       // visible to others
    rolled_back,
    prepared,  // its end is another session's business now
};

inline bool has_ended(TransactionEvent event) {
    return event != TransactionEvent::before_prepare && event != TransactionEvent::before_commit;
}

// In this order: what a transaction held is given back, what it made is there for others, and then
// those who wait for either are woken.
enum class AtEnd { settle, publish, wake };

// Calls `handler` at these events of every transaction of this process; also when the session is
// ended within one. Each handler once per process; may raise a server error itself.
void at_transaction_events(AtEnd order, void (*handler)(TransactionEvent));

// Calls `handler` whenever a subtransaction of this process has committed into its parent, or was
// rolled back. Each handler once per process; may raise a server error itself.
using SubtransactionHandler = void (*)(bool committed, SubTransactionId level,
                                       SubTransactionId parent);
void at_subtransaction_end(SubtransactionHandler handler);

// Calls `function` once if the caller's transaction commits, not if it rolls back, is prepared, or
// rolls back to a savepoint before this call. A later call replaces an earlier one.
using AtCommit = void (*)(std::int64_t argument);
void at_commit(AtCommit function, std::int64_t argument);

}  // namespace ideamine::pg
