// Days and months of a tenant, where it is.
#pragma once

#include <optional>
#include <string>

#include "budget/period.hpp"

namespace ideamine::budget {

struct Windows {
    Window day;
    Window month;
};
// None if there is no such tenant. Inside a pg::Spi.
std::optional<Windows> current_windows(const std::string& tenant, Time now);

// Of one period.
Window window_of(const Windows& windows, Period period);

// Where the window ends that began then. The same.
Time window_end(const std::string& tenant, Period period, Time start);

}  // namespace ideamine::budget
