#include "priority/policies.hpp"

#include <algorithm>

namespace ideamine::priority {

namespace {

bool holds(const Policy& policy, const Situation& situation) {
    return policy.resource == situation.resource && situation.utilization >= policy.threshold &&
           situation.of_waiting <= policy.for_class;
}

}  // namespace

const Policy* policy_for(std::span<const Policy> policies, const Situation& situation) {
    const Policy* found = nullptr;
    for (const auto& policy : policies) {
        if (holds(policy, situation) && (found == nullptr || policy.threshold > found->threshold)) {
            found = &policy;
        }
    }
    return found;
}

Classes giving_way(std::span<const Policy> policies, const Situation& situation, Classes present) {
    Classes classes;
    for (const auto& policy : policies) {
        if (!holds(policy, situation)) {
            continue;
        }
        for (const auto victim : policy.victims) {
            if (present.has(victim) && victim > situation.of_waiting) {
                classes.add(victim);
                if (!policy.together) {
                    break;
                }
            }
        }
    }
    return classes;
}

}  // namespace ideamine::priority
