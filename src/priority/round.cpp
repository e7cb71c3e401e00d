#include "priority/round.hpp"

#include <algorithm>
#include <cmath>

namespace ideamine::priority {

namespace {

bool frees(const RunningCandidate& running, const Missing& missing) {
    return missing.of_platform || running.is_own;
}

bool may_give_way(const RunningCandidate& running, const Missing& missing) {
    return frees(running, missing) && missing.classes.has(running.candidate.priority_class) &&
           running.candidate.holds[missing.resource] > 0;
}

// What is left of it, above 0 or not.
Amount left_of(std::span<const RunningCandidate> candidates, const Missing& missing,
               const Places& chosen) {
    auto left = missing.amount;
    for (const auto place : chosen) {
        if (frees(candidates[place], missing)) {
            left -= std::min(left, candidates[place].candidate.holds[missing.resource]);
        }
    }
    return left;
}

// For one thing, from those that are not chosen yet.
Places choose_more(std::span<const RunningCandidate> candidates, const Missing& missing,
                   const Places& chosen, Amount amount) {
    std::vector<Candidate> eligible;
    Places places;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (may_give_way(candidates[i], missing) && !std::ranges::binary_search(chosen, i)) {
            eligible.push_back(candidates[i].candidate);
            places.push_back(i);
        }
    }
    Places more;
    for (const auto place : select_victims(eligible, missing.resource, amount)) {
        more.push_back(places[place]);
    }
    return more;
}

}  // namespace

Places choose_victims(std::span<const RunningCandidate> candidates,
                      std::span<const Missing> missing) {
    Places chosen;
    for (const auto& one : missing) {
        const auto left = left_of(candidates, one, chosen);
        if (left <= 0) {
            continue;
        }
        const auto more = choose_more(candidates, one, chosen, left);
        if (more.empty()) {
            return {};
        }
        chosen.insert(chosen.end(), more.begin(), more.end());
        std::ranges::sort(chosen);
    }
    return needed_of(candidates, missing, chosen);
}

Places needed_of(std::span<const RunningCandidate> candidates, std::span<const Missing> missing,
                 const Places& chosen) {
    auto needed = chosen;
    for (auto next = chosen.rbegin(); next != chosen.rend(); ++next) {
        auto without = needed;
        std::erase(without, *next);
        if (std::ranges::all_of(missing, [&](const Missing& one) {
                return left_of(candidates, one, without) <= 0;
            })) {
            needed = without;
        }
    }
    return needed;
}

RoundShare::RoundShare(std::size_t running, double share)
    : left_(static_cast<std::size_t>(std::floor(static_cast<double>(running) * share))) {}

void RoundShare::use(std::size_t victims) {
    left_ -= std::min(left_, victims);
    is_used_ = is_used_ || victims > 0;
}

}  // namespace ideamine::priority
