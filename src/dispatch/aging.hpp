// A class is raised while its jobs wait.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ideamine/clock.hpp"

namespace ideamine::dispatch {

// The highest class that waiting leads to: the one above it is for what is assigned to it.
inline constexpr std::uint8_t highest_aged = 1;

// By one for each interval that was waited. An interval of 0 or less: nothing ages.
constexpr std::uint8_t aged(std::uint8_t priority_class, Duration waited, Duration interval) {
    if (priority_class <= highest_aged || interval <= Duration::zero() ||
        waited < Duration::zero()) {
        return priority_class;
    }
    const auto most = static_cast<Duration::rep>(priority_class - highest_aged);
    return static_cast<std::uint8_t>(priority_class - std::min(waited / interval, most));
}

}  // namespace ideamine::dispatch
