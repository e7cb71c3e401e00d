// Settings of a project: what its tenant chose; all else has a default.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ideamine::access {

// A layer is a group of models, from the cheapest (L0) to the strongest (L3).
struct Routing {
    std::optional<std::string> default_layer;
    std::optional<std::string> max_layer;
    std::optional<double> max_cost_per_request;  // USD
};

struct Security {
    std::optional<bool> scan_prompts;
    std::optional<bool> scan_outputs;
    std::optional<bool> redact_secrets;
    std::optional<std::vector<std::string>> blocked_keywords;
};

struct Features {
    std::optional<bool> enable_cross_check;
    std::optional<bool> enable_auto_escalate;
    std::optional<bool> enable_cache;
};

// None: the default holds.
struct ProjectSettings {
    Routing routing;
    Security security;
    Features features;
};

inline constexpr std::string_view initial_default_layer = "L0";
inline constexpr std::string_view initial_max_layer = "L2";

// All settings with their defaults, by the names that they have in JSON.
inline constexpr const char* default_project_settings =
    R"({"routing": {"defaultLayer": "L0", "maxLayer": "L2", "maxCostPerRequest": 0.50},)"
    R"( "security": {"scanPrompts": true, "scanOutputs": true, "redactSecrets": true,)"
    R"( "blockedKeywords": []},)"
    R"( "features": {"enableCrossCheck": true, "enableAutoEscalate": false, "enableCache": true}})";

inline constexpr std::size_t most_blocked_keywords = 1000;
inline constexpr double highest_cost_per_request = 1e9;

// Throws ID400, naming the setting: an unknown layer, a default above the highest one, a cost that
// is negative or beyond highest_cost_per_request, too many keywords, or one that is no identifier.
void check(const ProjectSettings& settings);

}  // namespace ideamine::access
