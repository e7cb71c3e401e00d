// Time as the rules see it: handed to them, never read by them.
#pragma once

#include <chrono>

namespace ideamine {

using Duration = std::chrono::microseconds;
// UTC, in microseconds since 1970-01-01: the resolution of the server's timestamptz.
using Time = std::chrono::sys_time<Duration>;

// `at + by`, or the nearest end of the range of times where that does not fit: `at` may be as far
// away as an infinite timestamptz, and `by` as long as a caller likes.
constexpr Time saturating_add(Time at, Duration by) {
    if (by > Duration::zero() && at > Time::max() - by) {
        return Time::max();
    }
    if (by < Duration::zero() && at < Time::min() - by) {
        return Time::min();
    }
    return at + by;
}

}  // namespace ideamine
