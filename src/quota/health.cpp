#include "quota/health.hpp"

#include <algorithm>

namespace ideamine::quota {

namespace {

constexpr int most_for_loads = 40;
constexpr std::int64_t most_for_violations = 50;
constexpr int for_throttling = 10;
constexpr ViolationCounts for_violation{1, 3, 7, 15};

// Is `percent` of the limit in use? Without overflow.
bool reaches(const Load& load, int percent) {
    return static_cast<__int128>(load.used) * 100 >= static_cast<__int128>(load.limit) * percent;
}

int for_load(const Load& load) {
    if (load.limit == admission::unlimited || load.used <= 0) {
        return 0;
    }
    if (reaches(load, 100)) {
        return 15;
    }
    if (reaches(load, 90)) {
        return 10;
    }
    return reaches(load, 80) ? 5 : 0;
}

}  // namespace

int health(std::span<const Load> loads, const ViolationCounts& violations, bool throttled) {
    int all_loads = 0;
    for (const auto& load : loads) {
        all_loads += for_load(load);
    }
    std::int64_t all_violations = 0;
    for (std::size_t i = 0; i < violations.size(); ++i) {
        // more of one severity than this reach the most that there is
        all_violations += std::min(violations[i], most_for_violations) * for_violation[i];
    }
    const int points = 100 - std::min(all_loads, most_for_loads) -
                       static_cast<int>(std::min(all_violations, most_for_violations)) -
                       (throttled ? for_throttling : 0);
    return std::max(points, 0);
}

}  // namespace ideamine::quota
