#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::pg {

namespace {

using AtEnd = void (*)();
constinit AtEnd registered = nullptr;

void on_transaction_end(XactEvent event, void*) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE) {
        registered();
    }
}

}  // namespace

void at_each_transaction_end(void (*function)()) {
    registered = function;
    call([] { RegisterXactCallback(on_transaction_end, nullptr); });
}

}  // namespace ideamine::pg
