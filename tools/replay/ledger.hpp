// What this side of the wire knows: what the server acknowledged, and what it left open because the
// connection broke before the answer came. Shared by all threads.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "replay/ack_log.hpp"
#include "replay/hand.hpp"

namespace replay {

// A worker asked for more jobs than it got. Times are microseconds since 1970, by the server's
// clock.
struct Refusal {
    std::int64_t asked_us;
    std::int64_t answered_us;
};

struct Acknowledged {
    std::vector<std::string> ids;  // of created jobs, by their positions; empty: not created
    std::set<Lease> completed;     // the server said that these are done
    std::set<Lease> unknown;       // asked to complete, and never heard
    std::set<Lease> leased;        // handed out to some worker
    std::set<Lease> leased_twice;  // handed out again
    // Of work in steps: how many the server keeps as done under a lease, and how many it said were
    // done when it handed one out.
    std::map<Lease, int> saved{};
    std::map<Lease, int> given{};
    std::map<std::string, Nano> paid{};  // by idempotency key
    std::vector<Refusal> refusals{};
};

class Ledger {
  public:
    // `log` may be empty. Whatever is acknowledged is on its disk before a call returns.
    Ledger(std::size_t jobs, std::unique_ptr<AckLog> log);

    void created(const std::vector<std::size_t>& jobs, const std::vector<std::string>& ids);
    void leased(const Lease& lease);
    void completed(const std::vector<Lease>& leases);
    void unknown(const std::vector<Lease>& leases);
    void saved(const Lease& lease, int done);
    void given(const Lease& lease, int done);
    void paid(const std::string& key, Nano amount);
    void refused(const Refusal& refusal);

    Acknowledged snapshot() const;

  private:
    mutable std::mutex mutex_;
    Acknowledged known_;
    std::unique_ptr<AckLog> log_;
};

}  // namespace replay
