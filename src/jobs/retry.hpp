// When a failed attempt is tried again: min(base × factor^retry + jitter, cap).
#pragma once

#include "ideamine/clock.hpp"

namespace ideamine::jobs {

// All ranges begin at 0, that of the factor at 1.
inline constexpr Duration max_retry_base = std::chrono::days{1};
inline constexpr double max_retry_factor = 100.0;
inline constexpr Duration max_retry_cap = std::chrono::days{365};
inline constexpr int max_retry_count = 1000;

// The defaults of the settings ideamine.retry_base, retry_factor, retry_cap and max_retries. Ranges
// are checked by check_retry_policy().
struct RetryPolicy {
    Duration base = std::chrono::seconds{1};
    double factor = 2.0;
    Duration cap = std::chrono::seconds{60};
    int max_retries = 5;

    bool operator==(const RetryPolicy&) const = default;
};

// Throws ID400, naming the setting that is out of its range.
void check_retry_policy(const RetryPolicy& policy);

// `retry` counts from 0: the first retry waits about `base`. `jitter` is uniform in [0, 1) and is
// scaled to [0, base); it is added before the cap, so that no delay is ever over the cap. The
// result is from 0 to the cap whatever the arguments are, in whole microseconds; NaN counts as 0.
Duration retry_delay(const RetryPolicy& policy, int retry, double jitter);

// Whether another attempt may follow this one. Attempts count from 1, and the first is not a retry:
// with five retries there are six attempts.
bool may_retry(const RetryPolicy& policy, int attempt);

}  // namespace ideamine::jobs
