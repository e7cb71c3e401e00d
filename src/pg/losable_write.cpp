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
constinit bool registered = false;

void choose_commit(TransactionEvent event) {
    if (event == TransactionEvent::before_commit) {
        if (losable_end != InvalidXLogRecPtr && XactLastRecEnd == losable_end &&
            synchronous_commit > SYNCHRONOUS_COMMIT_OFF) {
            usual_commit = std::exchange(synchronous_commit, SYNCHRONOUS_COMMIT_OFF);
        }
        return;
    }
    losable_end = InvalidXLogRecPtr;
    if (usual_commit) {
        synchronous_commit = *usual_commit;
        usual_commit.reset();
    }
}

}  // namespace

LosableWrite::LosableWrite() : alone_(XactLastRecEnd == losable_end) {
    if (!registered) {
        at_transaction_events(choose_commit);
        registered = true;
    }
}

void LosableWrite::done() const {
    if (alone_) {
        losable_end = XactLastRecEnd;
    }
}

}  // namespace ideamine::pg
