#include "admission/counter.hpp"

#include <algorithm>

namespace ideamine::admission {

namespace {

Amount add(Amount a, Amount b) {
    Amount sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? unlimited : sum;
}

// A burst is over as soon as usage is back under the limit, and only then may another one begin.
void watch_burst(Usage& usage, const Limits& limits, Time now) {
    if (in_use(usage) <= limits.limit) {
        usage.burst_since = Time::max();
    } else if (usage.burst_since == Time::max()) {
        usage.burst_since = now;
    }
}

// Where time plays no role: usage falls, or stays.
void watch_end_of_burst(Usage& usage, const Limits& limits) {
    if (in_use(usage) <= limits.limit) {
        usage.burst_since = Time::max();
    }
}

bool may_burst(const Limits& limits, const Usage& usage, Time now) {
    return usage.burst_since == Time::max() || in_use(usage) <= limits.limit ||
           now < saturating_add(usage.burst_since, limits.burst_time);
}

}  // namespace

Amount in_use(const Usage& usage) {
    return add(add(usage.settled, usage.leased), usage.held);
}

Amount remaining(const Limits& limits, const Usage& usage) {
    return limits.limit == unlimited ? unlimited
                                     : std::max<Amount>(limits.limit - in_use(usage), 0);
}

Amount releasable(const Usage& usage) {
    return std::max<Amount>(usage.settled - usage.releasing, 0);
}

bool crosses(const Limits& limits, const Usage& usage, Amount amount) {
    const auto before = in_use(usage);
    return limits.throttle_at != unlimited && before < limits.throttle_at &&
           add(before, amount) >= limits.throttle_at &&
           !(limits.throttle_once && usage.has_throttled);
}

Verdict judge(const Limits& limits, const Usage& usage, Amount asked, bool throttled, Time now) {
    if (throttled) {
        return {.refusal = Refusal::throttled};
    }
    if (!is_countable(usage, asked)) {
        return {.refusal = Refusal::over_limit};
    }
    const auto after = in_use(usage) + asked;
    Verdict verdict;
    if (after > limits.limit) {
        if (after > add(limits.limit, limits.burst)) {
            return {.refusal = Refusal::over_limit};
        }
        if (!may_burst(limits, usage, now)) {
            return {.refusal = Refusal::burst_spent};
        }
        verdict.bursts = true;
    }
    verdict.crosses = crosses(limits, usage, asked);
    return verdict;
}

Usage with_credit(const Usage& usage, Amount credit) {
    auto reduced = usage;
    reduced.leased -= std::min(usage.leased, credit);
    return reduced;
}

bool is_countable(const Usage& usage, Amount amount) {
    return amount < unlimited - in_use(usage);
}

void take(Usage& usage, const Limits& limits, Amount amount, Time now) {
    watch_end_of_burst(usage, limits);
    usage.held = add(usage.held, amount);
    watch_burst(usage, limits, now);
}

void commit_taken(Usage& usage, const Limits& limits, Amount amount, Into where) {
    usage.held -= amount;
    auto& kept = where == Into::leased ? usage.leased : usage.settled;
    kept = add(kept, amount);
    watch_end_of_burst(usage, limits);
}

void roll_back_taken(Usage& usage, const Limits& limits, Amount amount) {
    usage.held -= amount;
    watch_end_of_burst(usage, limits);
}

void commit_released(Usage& usage, const Limits& limits, Amount amount, Into where) {
    (where == Into::leased ? usage.leased : usage.settled) -= amount;
    watch_end_of_burst(usage, limits);
}

void limits_changed(Usage& usage, const Limits& limits, Time now) {
    watch_burst(usage, limits, now);
}

}  // namespace ideamine::admission
