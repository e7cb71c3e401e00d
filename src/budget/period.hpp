// How long a budget lasts before it begins anew.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "quota/day.hpp"

namespace ideamine::budget {

enum class Period { once, day, month };

inline constexpr std::array<Period, 3> periods{Period::once, Period::day, Period::month};

// "once", "day", "month".
std::string_view to_string(Period period);
// Accepts exactly what to_string() gives. Throws ID400, naming all there are.
Period parse_period(std::string_view name);

struct Window {
    Time start;
    Time end;  // where the next one starts

    bool operator==(const Window&) const = default;
};

// A zone in which a tenant is from a time on, until that of the next one.
struct Stay {
    const quota::Zone* zone;
    Time since;
};

// The window in which `at` lies. That of `once` is all time, from Time::min() to Time::max(). Those
// of a day are the days of quota::day_of(). A month begins with the first day whose date is in it:
// as a rule the first of the month, and where that is left out the next date there is. It ends
// where the next one begins: months follow one another without a gap, and each begins once.
//
// Throws ID400 for days and months outside the years -32000 to 31999.
Window window_of(Period period, Time at, const quota::Zone& zone);

// Where the tenant has moved: `stays` are its zones, the oldest one first, at least one; the first
// holds for the time before it too. A stay begins a day, as with quota::day_of(), but no month by
// itself: a month that was begun in one zone ends where the next one begins in another, and is not
// begun again where clocks show the month before once more. Stays that were over a day before the
// month began can be left out.
Window window_of(Period period, Time at, std::span<const Stay> stays);

// The same with what is known of two zones, which is all that days need. Of who moves twice within
// a month all stays are needed, or that month may seem to have begun at another time.
Window window_of(Period period, Time at, const quota::Zone& zone, Time since,
                 const quota::Zone& before, Time before_since);

}  // namespace ideamine::budget
