// Concurrency keys: of the jobs of a tenant with one key, only so many run at a time.
//
// What runs is counted where it stands, in jobs, so that no counter can be wrong after a rollback
// or a crash. A claim that meets a job whose key has no room parks it: it is blocked, with its
// ready_at kept, and costs later claims nothing. Whoever ends a running job of the key brings back
// as many as it made room for. Both take the key's lock until their transaction ends: a job cannot
// be parked just after the room for it was given back.
#pragma once

#include <map>

#include "ideamine/pg/spi.hpp"

namespace ideamine::jobs {

// How many jobs of each key, of (tenant, key).
class ConcurrencyKeys {
  public:
    void add(const std::string& tenant, const std::string& key) { ++counts_[{tenant, key}]; }
    void add(const ConcurrencyKeys& others) {
        for (const auto& [key, count] : others.counts_) {
            counts_[key] += count;
        }
    }
    const auto& counts() const { return counts_; }

  private:
    std::map<std::pair<std::string, std::string>, std::int64_t> counts_;
};

// Jobs of these keys, so many of each, have ended or are not running any more: brings back as many
// that were parked, in the order of acquisition. The last thing that its transaction locks. Inside
// a pg::Spi.
void readmit_waiting(const ConcurrencyKeys& ended);

// The same for every key that has room and parked jobs, whoever made it. Returns how many.
std::int64_t readmit_all();

// Locks a key for a claim. Where somebody else has it: waits if `may_wait`, or returns false.
bool lock_concurrency_key(const std::string& tenant, const std::string& key, bool may_wait);

// As it is at this moment, whatever snapshot the caller has; with the key locked.
std::int64_t count_running(const std::string& tenant, const std::string& key);

}  // namespace ideamine::jobs
