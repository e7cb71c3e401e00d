#include "ideamine/pg/losable_write.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace ideamine::pg {

namespace {

// The end of the transaction's WAL after its last losable write: if it still ends there at commit, it
// has written nothing since.
constinit XLogRecPtr losable_end = InvalidXLogRecPtr;
constinit std::optional<int> usual_commit;
constinit bool registered = false;

void on_transaction_event(XactEvent event, void*) {
    switch (event) {
        case XACT_EVENT_PRE_COMMIT:
            if (losable_end != InvalidXLogRecPtr && XactLastRecEnd == losable_end &&
                synchronous_commit > SYNCHRONOUS_COMMIT_OFF) {
                usual_commit = synchronous_commit;
                synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
            }
            break;
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_ABORT:
        case XACT_EVENT_PREPARE:
            losable_end = InvalidXLogRecPtr;
            if (usual_commit) {
                synchronous_commit = *usual_commit;
                usual_commit.reset();
            }
            break;
        default: break;
    }
}

}  // namespace

LosableWrite::LosableWrite() : alone_(XactLastRecEnd == losable_end) {
    if (!registered) {
        call([] { RegisterXactCallback(on_transaction_event, nullptr); });
        registered = true;
    }
}

void LosableWrite::done() const {
    if (alone_) {
        losable_end = XactLastRecEnd;
    }
}

}  // namespace ideamine::pg
