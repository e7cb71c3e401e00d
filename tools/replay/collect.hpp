// Fetches what the run has left in the database.
#pragma once

#include "replay/facts.hpp"
#include "replay/setup.hpp"

namespace replay {

Facts collect_facts(const Setup& setup);

}  // namespace replay
