#include "ideamine/pg/transaction.hpp"

namespace ideamine::pg {

namespace {

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

}  // namespace ideamine::pg
