#include "ideamine/pg/losable_write.hpp"

#include "ideamine/pg/transaction_end.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace ideamine::pg {

namespace {

// The end of the transaction's WAL after its last losable write: if it still ends there at commit,
// it has written nothing since.
constinit XLogRecPtr losable_end = InvalidXLogRecPtr;
constinit std::optional<int> usual_commit;
constinit bool loss_forbidden = false;
constinit bool registered = false;

void choose_commit(TransactionEvent event) {
    if (event == TransactionEvent::before_commit) {
        if (!loss_forbidden && losable_end != InvalidXLogRecPtr && XactLastRecEnd == losable_end &&
            synchronous_commit > SYNCHRONOUS_COMMIT_OFF) {
            usual_commit = std::exchange(synchronous_commit, SYNCHRONOUS_COMMIT_OFF);
        }
        return;
    }
    if (!has_ended(event)) {
        return;
    }
    losable_end = InvalidXLogRecPtr;
    loss_forbidden = false;
    if (usual_commit) {
        synchronous_commit = *usual_commit;
        usual_commit.reset();
    }
}

void watch_transactions() {
    if (!registered) {
        at_transaction_events(AtEnd::wake, choose_commit);
        registered = true;
    }
}

}  // namespace

LosableWrite::LosableWrite() : alone_(XactLastRecEnd == losable_end) {
    watch_transactions();
}

void LosableWrite::done() const {
    if (alone_) {
        losable_end = XactLastRecEnd;
    }
}

void forbid_loss() {
    watch_transactions();
    call([] { ForceSyncCommit(); });
    loss_forbidden = true;
}

}  // namespace ideamine::pg
