// What a scene showed beside its jobs: who gave way to whom, or what a budget did.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "replay/report.hpp"

namespace replay {

// Nothing for a workload that is no scene.
std::string scene_to_text(const Report& report);
nlohmann::json scene_to_json(const Report& report);

}  // namespace replay
