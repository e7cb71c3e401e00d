// Reads a record of requests. The server parses it (COPY), so that quoting, line ends and times are
// read as PostgreSQL reads them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "replay/connection.hpp"
#include "replay/trace.hpp"

namespace replay {

// In the order of the file, at most `limit`. Throws std::runtime_error naming the file, and the
// line that is wrong.
std::vector<Request> read_requests(Connection& connection, const std::string& path,
                                   std::optional<std::size_t> limit);

}  // namespace replay
