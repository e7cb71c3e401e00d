// One limit, what counts towards it, and whether more may be taken.
//
// A counter is kept in the smallest unit of its resource. What a transaction takes counts from the
// moment it is taken (held) and moves to where it belongs when that transaction commits; what it
// gives back counts until then (releasing). So the sum is never too small, whatever is rolled back.
#pragma once

#include <cstdint>
#include <limits>

#include "ideamine/clock.hpp"

namespace ideamine::admission {

using Amount = std::int64_t;
inline constexpr Amount unlimited = std::numeric_limits<Amount>::max();

struct Limits {
    Amount limit = unlimited;
    Amount burst = 0;                // by how much usage may pass the limit for a time
    Duration burst_time{};           // for how long, since the limit was passed
    Amount throttle_at = unlimited;  // usage that reaches this from below throttles its scope
    bool throttle_once = false;      // per window, however often it is reached
    Amount report_at = unlimited;    // what is settled and reaches this is told to the ledger
};

struct Usage {
    Amount settled = 0;              // recorded by committed transactions
    Amount leased = 0;               // held by live leases of jobs
    Amount held = 0;                 // taken by transactions in progress
    Amount releasing = 0;            // of what is settled, given back by transactions in progress
    Time burst_since = Time::max();  // when the limit was passed; max: it is not
    bool has_throttled = false;
};

// The same without so much of what is leased.
Usage with_credit(const Usage& usage, Amount credit);
// The sum of what counts; saturates.
Amount in_use(const Usage& usage);
// How much more fits under the limit, burst apart; unlimited if there is none.
Amount remaining(const Limits& limits, const Usage& usage);
// How much is recorded and not being given back yet.
Amount releasable(const Usage& usage);

enum class Refusal {
    none,
    throttled,
    over_limit,   // it would pass the limit, and what may be passed for a time
    burst_spent,  // the time for which the limit may be passed is over
};

struct Verdict {
    Refusal refusal = Refusal::none;
    bool bursts = false;   // it passes the limit, for a time
    bool crosses = false;  // it reaches what throttles

    bool allowed() const { return refusal == Refusal::none; }
};

// May `asked` (at least 0) more be taken? A limit below what is in use is fine: nothing more is
// admitted until usage has fallen.
Verdict judge(const Limits& limits, const Usage& usage, Amount asked, bool throttled, Time now);

// Would taking so much reach what throttles?
bool crosses(const Limits& limits, const Usage& usage, Amount amount);

// Whether the sum with so much more is one. What was not judged has to be asked for this.
bool is_countable(const Usage& usage, Amount amount);

// Takes it, as judged or not.
void take(Usage& usage, const Limits& limits, Amount amount, Time now);

// What becomes of it.
enum class Into { settled, leased };
void commit_taken(Usage& usage, const Limits& limits, Amount amount, Into where);
void roll_back_taken(Usage& usage, const Limits& limits, Amount amount);
void commit_released(Usage& usage, const Limits& limits, Amount amount, Into where);

// Other limits hold from now on: usage may be back under them, or pass them.
void limits_changed(Usage& usage, const Limits& limits, Time now);

}  // namespace ideamine::admission
