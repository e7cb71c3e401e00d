// Transactions of background workers, and what is to happen when the caller's transaction commits.
#pragma once

#include <functional>

#include "ideamine/pg/spi.hpp"

namespace ideamine::pg {

// What went wrong in a transaction that was rolled back.
struct Failure {
    std::string sqlstate;
    std::string message;
};

// Runs `work` in a transaction of its own with a snapshot and SPI, and commits it. If it throws, the
// transaction is rolled back, the error goes to the server's log unless `quietly`, and comes back as
// a value. For background workers, outside any transaction.
std::optional<Failure> run_transaction(const std::function<void()>& work,
                                       const std::function<bool(const Failure&)>& worth_logging);

// The caller's transaction will be flushed to disk at commit, whatever synchronous_commit says.
void force_synchronous_commit();

// Calls `function` once if the caller's transaction commits, not if it rolls back or is prepared. It
// runs where an error would stop the server: it must not fail, allocate or touch a table.
using AtCommit = void (*)(std::int64_t argument);
void at_commit(AtCommit function, std::int64_t argument);

}  // namespace ideamine::pg
