// Lines in the server's log, for what happens where no client is listening.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// Good to know.
void log(const std::string& message, const std::string& hint = {});
// Somebody should change something; the hint says what.
void warn(const std::string& message, const std::string& hint = {});

}  // namespace ideamine::pg
