#include "access/project.hpp"

#include <algorithm>
#include <array>

#include "ideamine/error.hpp"
#include "ideamine/identifier.hpp"

namespace ideamine::access {

namespace {

// Their order is that of their names.
constexpr std::array<std::string_view, 4> layers{"L0", "L1", "L2", "L3"};

void check_layer(std::string_view what, std::string_view layer) {
    if (std::ranges::find(layers, layer) == layers.end()) {
        throw Error(Code::invalid_argument, std::string{what} + " is not a layer", {},
                    "Layers are L0, L1, L2 and L3.");
    }
}

void check_routing(const Routing& routing) {
    const std::string_view initial =
        routing.default_layer ? std::string_view{*routing.default_layer} : initial_default_layer;
    const std::string_view highest =
        routing.max_layer ? std::string_view{*routing.max_layer} : initial_max_layer;
    check_layer("routing.defaultLayer", initial);
    check_layer("routing.maxLayer", highest);
    if (initial > highest) {
        throw Error(Code::invalid_argument, "routing.defaultLayer " + std::string{initial} +
                                                " is above routing.maxLayer " +
                                                std::string{highest});
    }
    const double cost = routing.max_cost_per_request.value_or(0);
    if (!(cost >= 0 && cost <= highest_cost_per_request)) {
        throw Error(Code::invalid_argument,
                    "routing.maxCostPerRequest must be between 0 and 1000000000");
    }
}

void check_security(const Security& security) {
    if (!security.blocked_keywords) {
        return;
    }
    if (security.blocked_keywords->size() > most_blocked_keywords) {
        throw Error(Code::too_large, "security.blockedKeywords must not hold more than " +
                                         std::to_string(most_blocked_keywords) + " keywords");
    }
    for (const auto& keyword : *security.blocked_keywords) {
        check_identifier("a keyword in security.blockedKeywords", keyword);
    }
}

}  // namespace

void check(const ProjectSettings& settings) {
    check_routing(settings.routing);
    check_security(settings.security);
}

}  // namespace ideamine::access
