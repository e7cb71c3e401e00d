#include "quota/day.hpp"

#include <algorithm>

namespace ideamine::quota {

namespace {

using LocalDays = std::chrono::sys_days;  // of the clock on the wall

LocalDays date_at(Time at, const Zone& zone) {
    return std::chrono::floor<std::chrono::days>(at + zone.offset_at(at));
}

// The first moment from `from` on whose date is `date` or a later one, looked for in each stretch
// of time with one offset.
Time first_moment(LocalDays date, Time from, const Zone& zone) {
    for (;;) {
        const auto until = zone.next_change(from);
        const Time midnight = Time{date} - zone.offset_at(from);
        const auto moment = std::max(midnight, from);
        if (!until || moment < *until) {
            return moment;
        }
        from = *until;
    }
}

// Earlier than the start of any day in which `at` may lie.
constexpr Duration more_than_a_day = std::chrono::hours{60};

}  // namespace

Day day_of(Time at, const Zone& zone) {
    // clocks that are put back over midnight show the date before once more: that is the same day
    const auto start = first_moment(date_at(at, zone), at - more_than_a_day, zone);
    const auto next = first_moment(date_at(at, zone) + std::chrono::days{1}, start, zone);
    if (next <= at) {
        return {next, first_moment(date_at(at, zone) + std::chrono::days{2}, next, zone)};
    }
    return {start, next};
}

Day day_of(Time at, const Zone& zone, Time since, const Zone& before, Time before_since) {
    if (at >= since) {
        const auto [start, end] = day_of(at, zone);
        return {std::max(start, since), end};
    }
    const auto [start, end] = day_of(at, before);
    if (at < before_since) {
        return {start, std::min(end, before_since)};
    }
    return {std::max(start, before_since), std::min(end, since)};
}

}  // namespace ideamine::quota
