// Names that callers choose: of tenants, queues, job types, capabilities, keys.
#pragma once

#include <cstddef>
#include <string_view>

namespace ideamine {

inline constexpr std::size_t max_identifier_bytes = 200;

// Throws ID400 unless the value has 1 to 200 bytes and no control character (U+0000 to U+001F,
// U+007F to U+009F in UTF-8). `what` names the argument in the message. The message does not repeat
// the value, which may be of any size and is not fit to print.
void check_identifier(std::string_view what, std::string_view value);

}  // namespace ideamine
