// P0 (critical, never preempted), P1 (users wait for it), P2 (normal), P3 (background).
#pragma once

#include <array>
#include <string_view>

#include "ideamine/enum_set.hpp"

namespace ideamine::jobs {

enum class PriorityClass { p0, p1, p2, p3 };

inline constexpr std::array<PriorityClass, 4> priority_classes{
    PriorityClass::p0, PriorityClass::p1, PriorityClass::p2, PriorityClass::p3};

using ClassSet = EnumSet<PriorityClass>;

// "P0" to "P3", as the SQL type spells them.
const char* to_string(PriorityClass priority_class);

// Accepts P0 to P3 (in either case), and the digits 1 to 5 of older applications: 5 is P0, 4 is P1,
// 3 and 2 are P2, 1 is P3. Throws ID400 for anything else.
PriorityClass parse_priority_class(std::string_view text);

}  // namespace ideamine::jobs
