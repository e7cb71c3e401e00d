// What is recorded of requests that met a limit.
#pragma once

#include <string_view>

#include "admission/counter.hpp"

namespace ideamine::quota {

enum class Action { throttle, pause, alert, reject, burst_allowed };
std::string_view to_string(Action action);

enum class Severity { low, medium, high, critical };
std::string_view to_string(Severity severity);

// By how much the limit would be passed: up to a tenth of it is low, a quarter medium, a half high,
// and more critical.
Severity severity_of(admission::Amount overage, admission::Amount limit);

// By how much usage with `asked` passes the limit; not below 0.
admission::Amount overage_of(const admission::Limits& limits, const admission::Usage& usage,
                             admission::Amount asked);

}  // namespace ideamine::quota
