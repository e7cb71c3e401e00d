#include "jobs/descent.hpp"

#include <algorithm>

namespace ideamine::jobs {

std::vector<bool> find_dependents(std::uint32_t nodes, const std::vector<Edge>& edges,
                                  const std::vector<std::uint32_t>& roots) {
    std::vector<bool> reached(nodes, false);
    if (roots.empty()) {
        return reached;
    }
    auto by_parent = edges;
    std::ranges::sort(by_parent, {}, &Edge::depends_on);
    auto to_visit = roots;
    while (!to_visit.empty()) {
        const auto node = to_visit.back();
        to_visit.pop_back();
        if (reached.at(node)) {
            continue;
        }
        reached[node] = true;
        // not std::ranges::equal_range, whose subrange clang 14 cannot parse
        auto edge = std::ranges::lower_bound(by_parent, node, {}, &Edge::depends_on);
        for (; edge != by_parent.end() && edge->depends_on == node; ++edge) {
            to_visit.push_back(edge->job);
        }
    }
    return reached;
}

}  // namespace ideamine::jobs
