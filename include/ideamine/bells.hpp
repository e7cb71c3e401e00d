// What the background worker of a database is called for, at once and not when it would look next.
#pragma once

#include <cstdint>

namespace ideamine {

enum class Bell : std::uint8_t {
    budgets,  // spending has reached a threshold
    room,     // a job of a high class found no room
};

}  // namespace ideamine
