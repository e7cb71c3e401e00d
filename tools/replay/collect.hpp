// Fetches what the run has left in the database.
#pragma once

#include "replay/facts.hpp"
#include "replay/scene_facts.hpp"
#include "replay/setup.hpp"

namespace replay {

Facts collect_facts(const Setup& setup);

// What gave way, and what the budget did. Adds to what was seen while the scene ran.
void collect_scene(const Setup& setup, SceneFacts& facts);

}  // namespace replay
