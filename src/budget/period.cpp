#include "budget/period.hpp"

#include <algorithm>
#include <cstddef>

#include "budget/names.hpp"
#include "ideamine/error.hpp"

namespace ideamine::budget {

namespace {

using LocalDays = std::chrono::sys_days;  // of the clock on the wall
using Month = std::chrono::year_month;

// In the order of the enumeration.
constexpr std::array<std::string_view, periods.size()> names{"once", "day", "month"};

constexpr Window all_time{Time::min(), Time::max()};

// What std::chrono has years for, and some room.
constexpr Time earliest = LocalDays{std::chrono::year{-32'000} / 1 / 1};
constexpr Time latest = LocalDays{std::chrono::year{32'000} / 1 / 1};

// Farther from UTC than any zone, by more than a date that comes twice.
constexpr Duration more_than_a_day = std::chrono::hours{60};

// The one that clocks show when the day begins, whatever they show later.
LocalDays date_of(const quota::Day& day, const quota::Zone& zone) {
    return std::chrono::floor<std::chrono::days>(day.start + zone.offset_at(day.start));
}

Month month_at(Time at, const quota::Zone& zone) {
    const std::chrono::year_month_day date{date_of(quota::day_of(at, zone), zone)};
    return date.year() / date.month();
}

Month next(Month month) {
    return month + std::chrono::months{1};
}

// Where the first day starts whose date is in that month, or later.
Time start_of(Month month, const quota::Zone& zone) {
    const LocalDays first{month / 1};
    auto day = quota::day_of(Time{first} - more_than_a_day, zone);
    while (date_of(day, zone) < first) {
        day = quota::day_of(day.end, zone);
    }
    return day.start;
}

Time end_of(std::span<const Stay> stays, std::size_t stay) {
    return stay + 1 < stays.size() ? stays[stay + 1].since : Time::max();
}

std::size_t stay_at(Time at, std::span<const Stay> stays) {
    std::size_t stay = 0;
    while (end_of(stays, stay) <= at) {
        ++stay;
    }
    return stay;
}

// When clocks, wherever they were, first showed that month or a later one.
Time start_of(Month month, std::span<const Stay> stays) {
    for (std::size_t stay = 0;; ++stay) {
        const auto start = start_of(month, *stays[stay].zone);
        const auto end = end_of(stays, stay);
        if (start < end) {
            return stay == 0 ? start : std::max(start, stays[stay].since);
        }
    }
}

Window day_window(Time at, std::span<const Stay> stays) {
    const auto stay = stay_at(at, stays);
    const auto [start, end] = quota::day_of(at, *stays[stay].zone);
    return {stay == 0 ? start : std::max(start, stays[stay].since),
            std::min(end, end_of(stays, stay))};
}

Window month_window(Time at, std::span<const Stay> stays) {
    auto month = month_at(at, *stays[stay_at(at, stays)].zone);
    auto end = start_of(next(month), stays);
    // who went west may have been in the next month already
    while (end <= at) {
        month = next(month);
        end = start_of(next(month), stays);
    }
    return {start_of(month, stays), end};
}

}  // namespace

std::string_view to_string(Period period) {
    return names[static_cast<std::size_t>(period)];
}

Period parse_period(std::string_view name) {
    return parse_name<Period>(names, name, "unknown period", "Periods are once, day and month.");
}

Window window_of(Period period, Time at, std::span<const Stay> stays) {
    if (period != Period::once && (at < earliest || at >= latest)) {
        throw Error(Code::invalid_argument, "time is too far away for a day or a month");
    }
    switch (period) {
        case Period::once:
            break;
        case Period::day:
            return day_window(at, stays);
        case Period::month:
            return month_window(at, stays);
    }
    return all_time;
}

Window window_of(Period period, Time at, const quota::Zone& zone) {
    const Stay stay{.zone = &zone, .since = Time::min()};
    return window_of(period, at, std::span{&stay, 1});
}

Window window_of(Period period, Time at, const quota::Zone& zone, Time since,
                 const quota::Zone& before, Time before_since) {
    const std::array<Stay, 3> stays{
        {{&before, Time::min()}, {&before, before_since}, {&zone, since}}};
    return window_of(period, at, stays);
}

}  // namespace ideamine::budget
