// Plain text tables.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace replay {

using Cells = std::vector<std::string>;

// A header with a rule below it, then the rows. The first `left` columns are flush left, the others
// flush right. Every row has as many cells as the header.
std::string render_table(const Cells& header, const std::vector<Cells>& rows, std::size_t left);

}  // namespace replay
