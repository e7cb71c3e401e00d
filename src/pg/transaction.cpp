#include "ideamine/pg/transaction.hpp"

namespace ideamine::pg {

namespace {

// One call is enough so far; a second user would get a list.
struct Pending {
    AtCommit function;
    std::int64_t argument;
    SubTransactionId level;
};
constinit Pending pending{};
constinit bool registered = false;

void on_transaction_end(XactEvent event, void*) {
    if (event == XACT_EVENT_COMMIT && pending.function != nullptr) {
        pending.function(pending.argument);
    }
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE) {
        pending = {};
    }
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

void begin() {
    call([] {
        SetCurrentStatementStartTimestamp();
        StartTransactionCommand();
        SPI_connect();
        PushActiveSnapshot(GetTransactionSnapshot());
    });
}

void commit() {
    call([] {
        SPI_finish();
        PopActiveSnapshot();
        CommitTransactionCommand();
    });
}

void roll_back() {
    call([] { AbortCurrentTransaction(); });
}

}  // namespace

std::optional<Failure> run_transaction(const std::function<void()>& work,
                                       const std::function<bool(const Failure&)>& worth_logging) {
    Failure failure;
    try {
        begin();
        work();
        commit();
        return std::nullopt;
    } catch (const Error& error) {
        failure = {std::string{error.sqlstate()}, error.message()};
        roll_back();
        if (worth_logging(failure)) {
            error.log();
        }
        error.discard();
    } catch (const ideamine::Error& error) {
        failure = {sqlstate(error.code()), error.message()};
        roll_back();
        if (worth_logging(failure)) {
            call([&failure] { ereport(LOG, (errmsg_internal("%s", failure.message.c_str()))); });
        }
    }
    return failure;
}

void force_synchronous_commit() {
    call([] { ForceSyncCommit(); });
}

void at_commit(AtCommit function, std::int64_t argument) {
    if (!registered) {
        call([] {
            RegisterXactCallback(on_transaction_end, nullptr);
            RegisterSubXactCallback(on_subtransaction_end, nullptr);
        });
        registered = true;
    }
    pending = {function, argument, GetCurrentSubTransactionId()};
}

}  // namespace ideamine::pg
