#include "replay/hand.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace replay {

std::vector<Held> Hand::take_due(Clock::time_point now) {
    const auto due = std::stable_partition(jobs_.begin(), jobs_.end(),
                                           [now](const Held& job) { return job.ends > now; });
    std::vector<Held> taken(std::make_move_iterator(due), std::make_move_iterator(jobs_.end()));
    jobs_.erase(due, jobs_.end());
    return taken;
}

std::vector<Held> Hand::take_all() {
    return std::exchange(jobs_, {});
}

std::optional<Held> Hand::take(const Lease& lease) {
    const auto found = std::ranges::find(jobs_, lease, &Held::lease);
    if (found == jobs_.end()) {
        return std::nullopt;
    }
    Held job = std::move(*found);
    jobs_.erase(found);
    return job;
}

std::optional<Clock::time_point> Hand::next_end() const {
    const auto next = std::ranges::min_element(jobs_, {}, &Held::ends);
    return next == jobs_.end() ? std::nullopt : std::optional{next->ends};
}

}  // namespace replay
