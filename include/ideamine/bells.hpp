// What the background worker of a database is called for, at once and not when it would look next.
#pragma once

#include <array>
#include <cstdint>

namespace ideamine {

enum class Bell : std::uint8_t {
    budgets,   // spending has reached a threshold, or a budget was changed
    closings,  // running jobs are to give way, or waiting ones may come back
    room,      // a job of a high class found no room
    freed,     // resources came free, or classes open: who has given way may come back
};

inline constexpr std::array<Bell, 4> all_bells{Bell::budgets, Bell::closings, Bell::room,
                                               Bell::freed};

constexpr const char* to_string(Bell bell) {
    switch (bell) {
        case Bell::budgets:
            return "budgets";
        case Bell::closings:
            return "closings";
        case Bell::room:
            return "room";
        case Bell::freed:
            return "freed";
    }
    return "";
}

}  // namespace ideamine
