// Lines in the server's log, for what happens where no client is listening.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// Good to know.
void log(const std::string& message, const std::string& hint = {});
// Good to know for who looks closely: by default nobody sees it (DEBUG1).
void log_debug(const std::string& message);
// Somebody should change something; the hint says what.
void warn(const std::string& message, const std::string& hint = {});

}  // namespace ideamine::pg
