// Transactions of background workers.
#pragma once

#include <functional>

#include "ideamine/pg/spi.hpp"

namespace ideamine::pg {

// What went wrong in a transaction that was rolled back.
struct Failure {
    std::string sqlstate;
    std::string message;
};

// Runs `work` in a transaction of its own with a snapshot and SPI, and commits it. If it throws,
// the transaction is rolled back, the error goes to the server's log unless `quietly`, and comes
// back as a value. For background workers, outside any transaction.
std::optional<Failure> run_transaction(const std::function<void()>& work,
                                       const std::function<bool(const Failure&)>& worth_logging);

}  // namespace ideamine::pg
