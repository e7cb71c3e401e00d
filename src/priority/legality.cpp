#include "priority/legality.hpp"

#include <algorithm>

namespace ideamine::priority {

std::optional<Time> protected_until(const Attempt& attempt, const Limits& limits) {
    // it may have waited for long after it was resumed
    return attempt.resumed_at
               ? std::optional{saturating_add(std::max(*attempt.resumed_at, attempt.started_at),
                                              limits.cooldown)}
               : std::nullopt;
}

Legality judge(const Attempt& attempt, const Limits& limits,
               std::optional<jobs::PriorityClass> beneficiary, Time now) {
    if (attempt.priority_class == jobs::PriorityClass::p0) {
        return Legality::is_critical;
    }
    if (beneficiary) {
        if (attempt.priority_class <= *beneficiary) {
            return Legality::is_no_lower;
        }
        if (const auto until = protected_until(attempt, limits); until && now < *until) {
            return Legality::cools_down;
        }
    }
    if (attempt.preemptions >= limits.max_preemptions) {
        return limits.fails_at_limit ? Legality::fails : Legality::is_spared;
    }
    return Legality::may;
}

}  // namespace ideamine::priority
