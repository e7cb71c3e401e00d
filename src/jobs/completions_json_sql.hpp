// Reading the completions that a caller passed as jsonb.
#pragma once

#include "ideamine/pg/json.hpp"
#include "jobs/settle_store.hpp"

namespace ideamine::jobs {

// Throws ID400 or ID413, naming the position (from 1).
std::vector<Ending> read_completions(const char* argument, const pg::Json& json);

// Ends them. With `strict`, throws ID404 or ID409 for the first that is not in order.
std::vector<Settled> settle_completions(const std::vector<Ending>& completions, bool strict);

}  // namespace ideamine::jobs
