// What the background worker of a database is called for, at once and not when it would look next.
#pragma once

#include <array>
#include <cstdint>

namespace ideamine {

enum class Bell : std::uint8_t {
    budgets,   // spending has reached a threshold, or a budget was changed
    closings,  // running jobs are to give way, or waiting ones may come back
    room,      // a job of a high class found no room
};

inline constexpr std::array<Bell, 3> all_bells{Bell::budgets, Bell::closings, Bell::room};

constexpr const char* to_string(Bell bell) {
    switch (bell) {
        case Bell::budgets:
            return "budgets";
        case Bell::closings:
            return "closings";
        case Bell::room:
            return "room";
    }
    return "";
}

}  // namespace ideamine
