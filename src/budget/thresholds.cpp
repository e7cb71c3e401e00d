#include "budget/thresholds.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

#include "budget/names.hpp"
#include "ideamine/error.hpp"

namespace ideamine::budget {

namespace {

__extension__ using Wide = __int128;

// In the order of the enumeration.
constexpr std::array<std::string_view, all_thresholds.size()> names{"warn_at", "throttle_at",
                                                                    "throttle_high_at", "pause_at"};

const Trigger& trigger(const Thresholds& thresholds, Threshold threshold) {
    return thresholds[static_cast<std::size_t>(threshold)];
}

bool is_reached(Amount total, Share share, Amount spent) {
    // what is spent may have been added up to the end of the range, where unlimited stands
    return total != unlimited && spent >= reached_at(total, share);
}

bool may_fire(const Thresholds& thresholds, ThresholdSet fired, Threshold threshold) {
    return !fired.contains(threshold) && trigger(thresholds, threshold).action != Action::none;
}

void require(bool fits, Threshold threshold, std::string_view rule, std::string_view hint = {}) {
    if (!fits) {
        throw Error(Code::invalid_argument,
                    std::string{to_string(threshold)} + " must " + std::string{rule}, {},
                    std::string{hint});
    }
}

}  // namespace

std::string_view to_string(Threshold threshold) {
    return names[static_cast<std::size_t>(threshold)];
}

Threshold parse_threshold(std::string_view name) {
    return parse_name<Threshold>(
        names, name, "unknown threshold",
        "Thresholds are warn_at, throttle_at, throttle_high_at and pause_at.");
}

void check_total(Amount total) {
    if (total < 0) {
        throw Error(Code::invalid_argument, "total must not be negative");
    }
}

void check(const Thresholds& thresholds) {
    for (const auto threshold : all_thresholds) {
        const auto share = trigger(thresholds, threshold).share;
        require(share > Share{0} && share <= whole, threshold, "be above 0 and at most 1");
    }
    auto before = Threshold::warn;
    for (const auto threshold : all_thresholds) {
        require(trigger(thresholds, threshold).share >= trigger(thresholds, before).share,
                threshold, "not be below " + std::string{to_string(before)},
                "The order is warn_at, throttle_at, throttle_high_at, pause_at.");
        before = threshold;
    }
}

Amount reached_at(Amount total, Share share) {
    if (total == unlimited) {
        return unlimited;
    }
    // the share of whole millions is exact, and that of the rest is small
    const auto rest = total % whole.millionths * share.millionths;
    return total / whole.millionths * share.millionths +
           (rest + whole.millionths - 1) / whole.millionths;
}

ThresholdSet crossed(Amount total, const Thresholds& thresholds, ThresholdSet fired, Amount spent) {
    ThresholdSet crossed;
    for (const auto threshold : all_thresholds) {
        if (may_fire(thresholds, fired, threshold) &&
            is_reached(total, trigger(thresholds, threshold).share, spent)) {
            crossed.insert(threshold);
        }
    }
    return crossed;
}

ThresholdSet armed_again(Amount total, const Thresholds& thresholds, ThresholdSet fired,
                         Amount spent) {
    ThresholdSet armed;
    for (const auto threshold : all_thresholds) {
        if (fired.contains(threshold) &&
            !is_reached(total, trigger(thresholds, threshold).share, spent)) {
            armed.insert(threshold);
        }
    }
    return armed;
}

Closed closed_classes(const Thresholds& thresholds, ThresholdSet fired) {
    Closed closed;
    for (const auto threshold : all_thresholds) {
        if (fired.contains(threshold)) {
            const auto by_this = closed_by(trigger(thresholds, threshold).action);
            closed.waiting = closed.waiting | by_this.waiting;
            closed.preempted = closed.preempted | by_this.preempted;
        }
    }
    return closed;
}

std::optional<NextThreshold> next_threshold(Amount total, const Thresholds& thresholds,
                                            ThresholdSet fired, Amount spent) {
    for (const auto threshold : all_thresholds) {
        const auto at = reached_at(total, trigger(thresholds, threshold).share);
        if (may_fire(thresholds, fired, threshold) && at != unlimited && at > spent) {
            return NextThreshold{.threshold = threshold, .at = at};
        }
    }
    return std::nullopt;
}

std::int64_t percent_used(Amount total, Amount spent) {
    constexpr std::int64_t all = 100'00;
    if (total == 0 || total == unlimited) {
        return total == 0 ? all : 0;
    }
    const auto used = static_cast<Wide>(spent) * all / total;
    return static_cast<std::int64_t>(std::min<Wide>(used, unlimited - 1));
}

std::optional<Time> exhausted_at(Time now, Amount remaining, Amount spent_last_hour) {
    if (remaining <= 0) {
        return now;
    }
    if (spent_last_hour <= 0 || remaining == unlimited) {
        return std::nullopt;
    }
    constexpr auto hour = Duration{std::chrono::hours{1}}.count();
    const auto wait = (static_cast<Wide>(remaining) * hour + spent_last_hour - 1) / spent_last_hour;
    constexpr auto longest = Duration::max().count();
    return saturating_add(now, Duration{static_cast<Duration::rep>(std::min<Wide>(wait, longest))});
}

}  // namespace ideamine::budget
