#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::pg {

namespace {

using Handler = void (*)(TransactionEvent);

void on_event(XactEvent event, void* handler) {
    const auto call_handler = *static_cast<Handler*>(handler);
    switch (event) {
        case XACT_EVENT_PRE_PREPARE:
            call_handler(TransactionEvent::before_prepare);
            break;
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
    if (!has_ended(event)) {
        return;
    }
    if (event == TransactionEvent::committed && pending.function != nullptr) {
        pending.function(pending.argument);
    }
    pending = {};
}

void follow_pending(bool committed, SubTransactionId level, SubTransactionId parent) {
    if (pending.function == nullptr || pending.level != level) {
        return;
    }
    if (committed) {
        pending.level = parent;
    } else {
        pending = {};
    }
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId level, SubTransactionId parent,
                           void* handler) {
    if (event == SUBXACT_EVENT_COMMIT_SUB || event == SUBXACT_EVENT_ABORT_SUB) {
        (*static_cast<SubtransactionHandler*>(handler))(event == SUBXACT_EVENT_COMMIT_SUB, level,
                                                        parent);
    }
}

// A pointer to a function does not fit into the server's pointer to data.
template <typename Function>
void* keep(Function* function) {
    auto* kept = static_cast<Function**>(MemoryContextAlloc(TopMemoryContext, sizeof(Function*)));
    *kept = function;
    return kept;
}

}  // namespace

void at_transaction_events(void (*handler)(TransactionEvent)) {
    call([handler] { RegisterXactCallback(on_event, keep(handler)); });
}

void at_subtransaction_end(SubtransactionHandler handler) {
    call([handler] { RegisterSubXactCallback(on_subtransaction_end, keep(handler)); });
}

void at_commit(AtCommit function, std::int64_t argument) {
    if (!watching) {
        at_transaction_events(settle_pending);
        at_subtransaction_end(follow_pending);
        watching = true;
    }
    pending = {function, argument, GetCurrentSubTransactionId()};
}

}  // namespace ideamine::pg
