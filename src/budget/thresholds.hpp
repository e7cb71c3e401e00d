// When a budget acts: the shares of its total that fire once they are spent.
//
// Money is in nano-dollars. A total is at least 0, or unlimited, of which no share is ever reached;
// what is spent is at least 0. Thresholds that are handed over have passed check().
//
// A threshold is armed until it fires, and then fired until it is armed again, which it is when the
// budget changes or begins anew so that what is spent no longer reaches it: it fires once, however
// often it is asked for. Of a total of 0 any share is reached with nothing spent: all that is armed
// fires as soon as it is asked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "admission/counter.hpp"
#include "budget/action.hpp"
#include "ideamine/clock.hpp"

namespace ideamine::budget {

using admission::Amount;
using admission::unlimited;

// In ascending order of their shares; equal ones fire in this order too.
enum class Threshold { warn, throttle, throttle_high, pause };

inline constexpr std::array<Threshold, 4> all_thresholds{
    Threshold::warn, Threshold::throttle, Threshold::throttle_high, Threshold::pause};

// "warn_at", "throttle_at", "throttle_high_at", "pause_at".
std::string_view to_string(Threshold threshold);
// Accepts exactly what to_string() gives. Throws ID400, naming all there are.
Threshold parse_threshold(std::string_view name);

using ThresholdSet = EnumSet<Threshold>;

// A part of a total, in millionths: above 0, and at most 1, which is all of it. It is exact, as a
// double would not be: not one nano-dollar less than 95 % of a total reaches 0.95 of it.
struct Share {
    std::int64_t millionths;

    auto operator<=>(const Share&) const = default;
};
inline constexpr int share_digits = 6;  // decimal digits of a share
inline constexpr Share whole{1'000'000};

struct Trigger {
    Share share;
    Action action;

    bool operator==(const Trigger&) const = default;
};

// In the order of the enumeration.
using Thresholds = std::array<Trigger, all_thresholds.size()>;
inline constexpr Thresholds default_thresholds{{
    {{500'000}, Action::alert},
    {{800'000}, Action::preempt_p3},
    {{900'000}, Action::preempt_p2_p3},
    {{950'000}, Action::pause_all},
}};

// Throws ID400 where the total is negative.
void check_total(Amount total);
// Throws ID400, naming the threshold: a share that is out of its range, or below the one before it,
// whatever their actions are.
void check(const Thresholds& thresholds);

// The least spending that reaches that share: rounded up to the next nano-dollar, from 0 to the
// total. Unlimited if the total is: nothing reaches it.
Amount reached_at(Amount total, Share share);

// Those that are to fire now: armed, not off, and reached. A set goes through its members in
// ascending order. `fired` has those that have fired since they were armed.
ThresholdSet crossed(Amount total, const Thresholds& thresholds, ThresholdSet fired, Amount spent);

// After the total or the thresholds were changed, or a new period began: those of `fired` that are
// no longer reached, and may fire again. What is still reached stays fired, also where it is off by
// now: to turn it off and on again does not make it fire twice.
ThresholdSet armed_again(Amount total, const Thresholds& thresholds, ThresholdSet fired,
                         Amount spent);

// What is closed while these are fired: all that their actions close. An action that is changed
// holds at once for a threshold that has fired.
Closed closed_classes(const Thresholds& thresholds, ThresholdSet fired);

struct NextThreshold {
    Threshold threshold;
    Amount at;  // the spending that reaches it, above what is spent

    bool operator==(const NextThreshold&) const = default;
};

// The first of those that are armed, not off and still to be reached: until `at` is spent, nothing
// fires but what crossed() gives now. None: no further spending fires anything.
std::optional<NextThreshold> next_threshold(Amount total, const Thresholds& thresholds,
                                            ThresholdSet fired, Amount spent);

// How much of the total is spent, in hundredths of a percent, rounded down: a share of whole
// hundredths of a percent is reached exactly if this says so. May be above 100 %; 100 % of a total
// of 0, whatever is spent; 0 of an unlimited one. Saturates at the largest amount below unlimited.
std::int64_t percent_used(Amount total, Amount spent);
inline constexpr int percent_digits = 2;

// When nothing remains if spending goes on as in the last hour: rounded up to the next microsecond,
// and no later than Time::max(). Now if nothing remains already (0 or less), however much is being
// spent. None if nothing was spent in the last hour (0 or less), or if what remains is unlimited.
std::optional<Time> exhausted_at(Time now, Amount remaining, Amount spent_last_hour);

}  // namespace ideamine::budget
