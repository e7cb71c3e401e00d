// Who gives way: the smallest set of running jobs whose end frees enough.
//
// Candidates are handed in in the order in which they give way: the lowest class first, then who
// loses the least work, then who was preempted least (see dispatch/leases.hpp). A class is touched
// only if those below it cannot free enough, all of them together. Within the classes that are
// touched as few jobs as possible give way, and of several sets of that size the first one in the
// order of candidates.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "admission/counter.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::priority {

using admission::Amount;

// Amounts of what running jobs hold: cpu, memory and gpu, as quota::leasable has them.
using Amounts = std::array<Amount, 3>;

struct Candidate {
    jobs::PriorityClass priority_class;
    Amounts holds;  // at least 0
};

// Places among the candidates, ascending.
using Places = std::vector<std::size_t>;

// Such a set for one resource (its place in Amounts). Empty if all of them together do not free the
// amount, or if it is not above 0.
Places select_victims(std::span<const Candidate> candidates, std::size_t resource, Amount amount);

// For several resources at once: for each of them what the victims chosen so far do not free, and
// then without those that are not needed any more; who would lose the most is spared first. Nobody
// can be taken out of the set, but it need not be the smallest one.
Places select_victims(std::span<const Candidate> candidates, const Amounts& amounts);

// How much of what is missing these free: none of it is left if they are enough.
Amounts missing_after(std::span<const Candidate> candidates, const Places& victims,
                      const Amounts& amounts);

}  // namespace ideamine::priority
