// Enumerators by their names.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "ideamine/error.hpp"

namespace ideamine::budget {

// The enumerator of that name; `names` are in the order of the enumeration. Throws ID400 with the
// message `unknown` and the hint `all`, which names all there are.
template <typename Enum, std::size_t count>
Enum parse_name(const std::array<std::string_view, count>& names, std::string_view name,
                const char* unknown, const char* all) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
        throw Error(Code::invalid_argument, unknown, {}, all);
    }
    return static_cast<Enum>(found - names.begin());
}

}  // namespace ideamine::budget
