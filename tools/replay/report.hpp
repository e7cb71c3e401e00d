// The end of a run, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "replay/graph_row.hpp"
#include "replay/run_state.hpp"
#include "replay/scene_facts.hpp"
#include "replay/summary.hpp"
#include "replay/verdict.hpp"

namespace replay {

struct Report {
    std::string label;
    Summary summary;
    Verdict verdict;
    const Tally& tally;
    std::size_t unknown;  // completions whose answer was lost
    std::vector<GraphRow> graphs;
    std::vector<ClassRow> giving_way{};
    SceneFacts scene{};
};

std::string to_text(const Report& report);
nlohmann::json to_json(const Report& report);

}  // namespace replay
