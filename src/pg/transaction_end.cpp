#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::pg {

namespace {

using Handler = void (*)(TransactionEvent);

void on_event(XactEvent event, void* handler) {
    const auto call_handler = *static_cast<Handler*>(handler);
    switch (event) {
        case XACT_EVENT_PRE_COMMIT:
            call_handler(TransactionEvent::before_commit);
            break;
        case XACT_EVENT_COMMIT:
            call_handler(TransactionEvent::committed);
            break;
        case XACT_EVENT_ABORT:
            call_handler(TransactionEvent::rolled_back);
            break;
        case XACT_EVENT_PREPARE:
            call_handler(TransactionEvent::prepared);
            break;
        default:
            break;
    }
}

struct Pending {
    AtCommit function;
    std::int64_t argument;
    SubTransactionId level;
};
constinit Pending pending{};
constinit bool watching = false;

void settle_pending(TransactionEvent event) {
    if (event == TransactionEvent::before_commit) {
        return;
    }
    if (event == TransactionEvent::committed && pending.function != nullptr) {
        pending.function(pending.argument);
    }
    pending = {};
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
                           void*) {
    if (pending.function == nullptr || pending.level != mine) {
        return;
    }
    if (event == SUBXACT_EVENT_COMMIT_SUB) {
        pending.level = parent;
    } else if (event == SUBXACT_EVENT_ABORT_SUB) {
        pending = {};
    }
}

}  // namespace

void at_transaction_events(void (*handler)(TransactionEvent)) {
    call([handler] {
        // a pointer to a function does not fit into the server's pointer to data
        auto* kept = static_cast<Handler*>(MemoryContextAlloc(TopMemoryContext, sizeof(Handler)));
        *kept = handler;
        RegisterXactCallback(on_event, kept);
    });
}

void at_commit(AtCommit function, std::int64_t argument) {
    if (!watching) {
        at_transaction_events(settle_pending);
        call([] { RegisterSubXactCallback(on_subtransaction_end, nullptr); });
        watching = true;
    }
    pending = {function, argument, GetCurrentSubTransactionId()};
}

}  // namespace ideamine::pg
