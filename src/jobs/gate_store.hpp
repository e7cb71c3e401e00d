// Jobs that not every claim may take: of paused queues, of concurrency keys, and votes.
#pragma once

#include <map>
#include <set>

#include "ideamine/pg/spi.hpp"

namespace ideamine::jobs {

using Tids = std::vector<pg::Tid>;

class Gate {
  public:
    // `any_paused`: is there a paused queue at all? `may_wait`: for the lock of a concurrency key.
    Gate(const Uuid& worker, bool any_paused, bool may_wait);

    // The paused queues of a tenant.
    std::vector<std::string> paused(const std::string& tenant) const;

    // Of locked jobs of one tenant, in the order of readiness, those that this worker may run. The
    // special ones are looked at: those of a paused queue are paused, those whose concurrency key
    // has no room are parked, and a vote for a job of which the worker has another is left alone.
    Tids admit(const std::string& tenant, const Tids& locked, const Tids& special);

  private:
    bool has_vote(const std::string& tenant, const Uuid& job) const;

    Uuid worker_;
    bool may_wait_;
    bool has_locked_ = false;
    std::map<std::string, std::set<std::string>> paused_;
};

}  // namespace ideamine::jobs
