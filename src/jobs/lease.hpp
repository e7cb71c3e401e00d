// A lease is (job, epoch): the right to run one attempt of a job until a time, and the fencing
// token of everything that the attempt writes. The epoch decides who holds it, not the clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ideamine/clock.hpp"
#include "jobs/retry.hpp"

namespace ideamine::jobs {

using Epoch = std::int64_t;
// Raised by one after each start or promotion of the server, before the first claim: 1 or more.
using Incarnation = std::int32_t;

// The epoch of the next claim of a job whose last one was `previous` (0: never claimed). Epochs of
// one job strictly increase; those of different incarnations never meet, so that a claim that a
// crash lost cannot be handed out again: incarnation << 32 | n, with n counting this incarnation's
// claims from 1. Throws std::overflow_error after 2³² − 1 claims of a job in one incarnation, and
// std::invalid_argument if the incarnation is below 1 or older than that of `previous`: jobs
// restored from another server may be ahead, and then the incarnation has to be raised above theirs
// before anything is claimed.
Epoch next_epoch(Incarnation incarnation, Epoch previous);

// Which incarnation handed an epoch out; 0 if none did.
Incarnation incarnation_of(Epoch epoch);

enum class Verdict { ok, stale };

// May the attempt that holds `epoch` still speak for the job? `running` and `live` are the job's:
// whether somebody has its lease, and the epoch of its latest claim.
Verdict judge(bool running, Epoch live, Epoch epoch);

// When the lease ends: its length after the later of its start and its worker's last heartbeat,
// which extends every lease of the worker by that lease's own length. Never beyond the range of
// Time.
Time lease_end(Time started, Time last_heartbeat, Duration length);

// How an attempt ended.
enum class Outcome { completed, failed, lost, timed_out, released, cancelled, preempted };

// As the SQL type ideamine.attempt_outcome spells it.
std::string_view to_string(Outcome outcome);

// What becomes of a job whose attempt ended without a result: runnable at once, runnable after a
// delay, given up, to be copied to the dead letter queue, or put aside until it is resumed.
struct Fate {
    enum class Kind { ready, delayed, dead, aside } kind;
    Duration delay{};            // of `delayed`: 0 to 365 days
    bool attempt_counts = true;  // a clean hand-back does not use an attempt up
};

// `lost` is retried at once, `failed` and `timed_out` after a delay, `released` goes back unharmed,
// `preempted` is put aside unharmed. `attempt` is the number of the one that ended, from 1.
// `retryable` false means that another try cannot help. `retry_after` is what the provider asked
// for, and replaces the computed delay, cap and all; what is outside 0 to 365 days counts as the
// nearest of these. `jitter` is uniform in [0, 1). Throws std::invalid_argument for `completed` and
// `cancelled`, after which nothing is left to decide.
Fate decide_fate(Outcome outcome, const RetryPolicy& policy, int attempt, bool retryable,
                 std::optional<Duration> retry_after, double jitter);

}  // namespace ideamine::jobs
