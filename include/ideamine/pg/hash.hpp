// Hashes, as the server computes them.
#pragma once

#include <string>
#include <string_view>

namespace ideamine::pg {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view data);

}  // namespace ideamine::pg
