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

// How many jobs give way in a round at most.
std::size_t most_in_round(std::size_t running, double share);

}  // namespace ideamine::priority
