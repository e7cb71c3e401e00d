#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::pg {

namespace {

using Handler = void (*)(TransactionEvent);

// The server calls what was registered last first, whatever it is.
struct Registered {
    AtEnd order;
    Handler handler;
};
constexpr std::size_t max_handlers = 16;
constinit std::array<Registered, max_handlers> handlers{};
constinit std::size_t handler_count = 0;

void call_handlers(TransactionEvent event) {
    for (std::size_t i = 0; i < handler_count; ++i) {
        handlers[i].handler(event);
    }
}

void on_event(XactEvent event, void* /*unused*/) {
    switch (event) {
        case XACT_EVENT_PRE_PREPARE:
            call_handlers(TransactionEvent::before_prepare);
            break;
        case XACT_EVENT_PRE_COMMIT:
            call_handlers(TransactionEvent::before_commit);
            break;
        case XACT_EVENT_COMMIT:
            call_handlers(TransactionEvent::committed);
            break;
        case XACT_EVENT_ABORT:
            call_handlers(TransactionEvent::rolled_back);
            break;
        case XACT_EVENT_PREPARE:
            call_handlers(TransactionEvent::prepared);
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

void at_transaction_events(AtEnd order, void (*handler)(TransactionEvent)) {
    if (handler_count == handlers.size()) {
        throw std::logic_error("too many handlers of transactions");
    }
    if (handler_count == 0) {
        call([] { RegisterXactCallback(on_event, nullptr); });
    }
    handlers[handler_count++] = {order, handler};
    std::stable_sort(handlers.begin(),
                     handlers.begin() + static_cast<std::ptrdiff_t>(handler_count),
                     [](const Registered& a, const Registered& b) { return a.order < b.order; });
}

void at_subtransaction_end(SubtransactionHandler handler) {
    call([handler] { RegisterSubXactCallback(on_subtransaction_end, keep(handler)); });
}

void at_commit(AtCommit function, std::int64_t argument) {
    if (!watching) {
        at_transaction_events(AtEnd::wake, settle_pending);
        at_subtransaction_end(follow_pending);
        watching = true;
    }
    pending = {function, argument, GetCurrentSubTransactionId()};
}

}  // namespace ideamine::pg
