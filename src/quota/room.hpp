// Telling whoever waits for quota that there may be room, without knowing who that is.
#pragma once

#include <cstdint>

namespace ideamine::quota {

// In _PG_init: calls `tell` inside each transaction that makes room for so many, if it commits.
void when_room_is_made(void (*tell)(std::int64_t waiting));

// For one who waits, where something was given back; for all, where limits were changed.
void tell_of_room(std::int64_t waiting);
inline constexpr std::int64_t all_who_wait = INT32_MAX;

}  // namespace ideamine::quota
