// What this side of the wire knows: what the server acknowledged, and what it left open because the
// connection broke before the answer came. Shared by all threads.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "replay/ack_log.hpp"
#include "replay/hand.hpp"

namespace replay {

struct Acknowledged {
    std::vector<std::string> ids;  // of created jobs, by their positions; empty: not created
    std::set<Lease> completed;     // the server said that these are done
    std::set<Lease> unknown;       // asked to complete, and never heard
    std::set<Lease> leased;        // handed out to some worker
    std::set<Lease> leased_twice;  // handed out again
};

class Ledger {
  public:
    // `log` may be empty. Whatever is acknowledged is on its disk before a call returns.
    Ledger(std::size_t jobs, std::unique_ptr<AckLog> log);

    void created(const std::vector<std::size_t>& jobs, const std::vector<std::string>& ids);
    void leased(const Lease& lease);
    void completed(const std::vector<Lease>& leases);
    void unknown(const std::vector<Lease>& leases);

    Acknowledged snapshot() const;

  private:
    mutable std::mutex mutex_;
    Acknowledged known_;
    std::unique_ptr<AckLog> log_;
};

}  // namespace replay
