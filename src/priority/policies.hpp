// Rules by which running jobs give way to waiting ones: from which share of a resource in use on,
// for which classes, and who.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "jobs/priority_class.hpp"
#include "quota/resource.hpp"

namespace ideamine::priority {

struct Policy {
    std::string name;
    quota::Resource resource;
    double threshold;               // share of it in use, 0 to 1
    jobs::PriorityClass for_class;  // the lowest class of those that gain by it
    std::vector<jobs::PriorityClass> victims;
    bool together;  // false: a class only when nobody is left of those before it
};

// A set of classes.
class Classes {
  public:
    constexpr Classes() = default;
    void add(jobs::PriorityClass one) { bits_ |= bit(one); }
    void add(Classes others) { bits_ |= others.bits_; }
    bool has(jobs::PriorityClass one) const { return (bits_ & bit(one)) != 0; }
    bool empty() const { return bits_ == 0; }
    bool operator==(const Classes&) const = default;

  private:
    static constexpr unsigned bit(jobs::PriorityClass one) { return 1U << static_cast<int>(one); }

    unsigned bits_ = 0;
};

// What a waiting job is short of.
struct Situation {
    quota::Resource resource;
    double utilization;  // of the resource, 0 to 1
    jobs::PriorityClass of_waiting;
};

// The policy that holds with the highest threshold; null: none does.
const Policy* policy_for(std::span<const Policy> policies, const Situation& situation);

// Which classes give way by all that hold. `present`: those of which there are candidates.
Classes giving_way(std::span<const Policy> policies, const Situation& situation, Classes present);

}  // namespace ideamine::priority
