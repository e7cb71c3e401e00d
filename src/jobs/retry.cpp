#include "jobs/retry.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "ideamine/error.hpp"

namespace ideamine::jobs {

namespace {

void require(bool in_range, const char* rule) {
    if (!in_range) {
        throw Error(Code::invalid_argument, rule);
    }
}

constexpr double to_double(Duration duration) {
    return static_cast<double>(duration.count());
}

// Whole microseconds of a number, from 0 to `limit`; NaN gives 0. Only what is below the limit is
// converted, since converting what does not fit is undefined.
Duration microseconds_within(double number, Duration limit) {
    if (number >= to_double(limit)) {
        return limit;
    }
    return number > 0 ? Duration{static_cast<Duration::rep>(number)} : Duration::zero();
}

}  // namespace

void check_retry_policy(const RetryPolicy& policy) {
    // Written so that NaN is out of range.
    require(policy.base >= Duration::zero() && policy.base <= max_retry_base,
            "retry_base must be between 0 and 1 day");
    require(policy.factor >= 1.0 && policy.factor <= max_retry_factor,
            "retry_factor must be between 1 and 100");
    require(policy.cap >= Duration::zero() && policy.cap <= max_retry_cap,
            "retry_cap must be between 0 and 365 days");
    require(policy.max_retries >= 0 && policy.max_retries <= max_retry_count,
            "max_retries must be between 0 and 1000");
}

Duration retry_delay(const RetryPolicy& policy, int retry, double jitter) {
    const Duration base = std::max(policy.base, Duration::zero());
    const Duration cap = std::max(policy.cap, Duration::zero());
    // The power may be infinite, and 0 × infinity is NaN, which counts as 0: the product of a base
    // of 0.
    const double growth = std::pow(policy.factor, std::max(retry, 0));
    const Duration backoff = microseconds_within(to_double(base) * growth, cap);
    const Duration spread = microseconds_within(to_double(base) * jitter, base);
    // Not by comparing the sum, which could overflow.
    return spread >= cap - backoff ? cap : backoff + spread;
}

bool may_retry(const RetryPolicy& policy, int attempt) {
    return attempt <= policy.max_retries;
}

}  // namespace ideamine::jobs
