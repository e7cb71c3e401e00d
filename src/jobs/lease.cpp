#include "jobs/lease.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <stdexcept>

namespace ideamine::jobs {

namespace {

constexpr int counter_bits = 32;
constexpr Epoch counter_mask = std::numeric_limits<std::uint32_t>::max();

// In the order of the enumeration.
constexpr std::array<std::string_view, 7> outcome_names{
    "completed", "failed", "lost", "timed_out", "released", "cancelled", "preempted"};

Duration wait_before_retry(const RetryPolicy& policy, int attempt,
                           std::optional<Duration> retry_after, double jitter) {
    if (retry_after) {
        return std::clamp(*retry_after, Duration::zero(), max_retry_cap);
    }
    return retry_delay(policy, std::max(attempt, 1) - 1, jitter);
}

}  // namespace

Epoch next_epoch(Incarnation incarnation, Epoch previous) {
    if (incarnation < 1) {
        throw std::invalid_argument("the incarnation of a server is 1 or more");
    }
    const auto theirs = incarnation_of(previous);
    if (theirs > incarnation) {
        throw std::invalid_argument("a job's epoch is ahead of the server's incarnation");
    }
    if (theirs < incarnation) {
        return Epoch{incarnation} << counter_bits | 1;
    }
    if ((previous & counter_mask) == counter_mask) {
        throw std::overflow_error("a job has no epoch left in this incarnation of the server");
    }
    return previous + 1;
}

Incarnation incarnation_of(Epoch epoch) {
    return static_cast<Incarnation>(epoch >> counter_bits);
}

Verdict judge(bool running, Epoch live, Epoch epoch) {
    return running && epoch == live ? Verdict::ok : Verdict::stale;
}

Time lease_end(Time started, Time last_heartbeat, Duration length) {
    return saturating_add(std::max(started, last_heartbeat), length);
}

std::string_view to_string(Outcome outcome) {
    return outcome_names[static_cast<std::size_t>(outcome)];
}

Fate decide_fate(Outcome outcome, const RetryPolicy& policy, int attempt, bool retryable,
                 std::optional<Duration> retry_after, double jitter) {
    if (outcome == Outcome::completed || outcome == Outcome::cancelled) {
        throw std::invalid_argument("a job that is completed or cancelled has no further attempt");
    }
    if (outcome == Outcome::released) {
        return {.kind = Fate::Kind::ready, .attempt_counts = false};
    }
    if (outcome == Outcome::preempted) {
        return {.kind = Fate::Kind::aside, .attempt_counts = false};
    }
    if (!retryable || !may_retry(policy, attempt)) {
        return {.kind = Fate::Kind::dead};
    }
    if (outcome == Outcome::lost) {
        return {.kind = Fate::Kind::ready};
    }
    return {.kind = Fate::Kind::delayed,
            .delay = wait_before_retry(policy, attempt, retry_after, jitter)};
}

}  // namespace ideamine::jobs
