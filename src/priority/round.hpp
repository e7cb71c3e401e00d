// Choosing who gives way to one waiting job, that may be short of several things at once.
#pragma once

#include "priority/policies.hpp"
#include "priority/victims.hpp"

namespace ideamine::priority {

struct RunningCandidate {
    Candidate candidate;
    bool is_own;  // of the tenant of the waiting job
};

// What is missing, and who may give way for it.
struct Missing {
    std::size_t resource;  // its place in Amounts
    Amount amount;         // above 0
    bool of_platform;      // otherwise of the tenant's quota, which only its own jobs free
    Classes classes;
};

// Places among the candidates, which are in the order in which they give way, ascending: enough for
// all that is missing, and none that is not needed for any of it. Empty if all of them together are
// not enough.
Places choose_victims(std::span<const RunningCandidate> candidates,
                      std::span<const Missing> missing);

// Without those that are not needed for this; who would lose the most is spared first.
Places needed_of(std::span<const RunningCandidate> candidates, std::span<const Missing> missing,
                 const Places& chosen);

// How many jobs give way in one round: at most a share of those that run. Whoever is first to gain
// by it gets what it needs all the same, or it would wait for ever where few jobs run.
class RoundShare {
  public:
    RoundShare(std::size_t running, double share);

    bool allows(std::size_t victims) const { return !is_used_ || victims <= left_; }
    void use(std::size_t victims);
    bool is_used_up() const { return is_used_ && left_ == 0; }

  private:
    std::size_t left_;
    bool is_used_ = false;
};

}  // namespace ideamine::priority
