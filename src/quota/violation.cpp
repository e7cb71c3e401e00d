#include "quota/violation.hpp"

#include <algorithm>

namespace ideamine::quota {

using admission::Amount;

std::string_view to_string(Action action) {
    switch (action) {
        case Action::throttle:
            return "throttle";
        case Action::pause:
            return "pause";
        case Action::alert:
            return "alert";
        case Action::reject:
            return "reject";
        case Action::burst_allowed:
            return "burst_allowed";
    }
    return "";
}

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::low:
            return "low";
        case Severity::medium:
            return "medium";
        case Severity::high:
            return "high";
        case Severity::critical:
            return "critical";
    }
    return "";
}

namespace {

// Is the overage at most 1/part of the limit, of which a fraction may be left?
bool at_most(Amount overage, Amount limit, Amount part) {
    return overage <= limit / part;
}

}  // namespace

Severity severity_of(Amount overage, Amount limit) {
    if (overage <= 0 || at_most(overage, limit, 10)) {
        return Severity::low;
    }
    if (at_most(overage, limit, 4)) {
        return Severity::medium;
    }
    return at_most(overage, limit, 2) ? Severity::high : Severity::critical;
}

Amount overage_of(const admission::Limits& limits, const admission::Usage& usage, Amount asked) {
    Amount after = 0;
    if (__builtin_add_overflow(in_use(usage), asked, &after)) {
        after = admission::unlimited;
    }
    return std::max<Amount>(after - limits.limit, 0);
}

}  // namespace ideamine::quota
