#include "jobs/busy_store.hpp"

#include "dispatch/dispatch_shared.hpp"

namespace ideamine::jobs {

namespace {

constexpr std::chrono::seconds paid{1};
// A worker that was lost for days has not worked all the time.
constexpr std::chrono::days longest{1};

}  // namespace

void BusyTimes::add(const std::string& tenant, PriorityClass priority_class,
                    std::optional<Time> since) {
    if (!since) {
        return;
    }
    const auto busy = std::min<Duration>(pg::now() - *since, longest);
    if (busy > paid) {
        beyond_[{tenant, priority_class}] += busy - paid;
    }
}

void BusyTimes::add(const BusyTimes& others) {
    for (const auto& [whose, time] : others.beyond_) {
        beyond_[whose] += time;
    }
}

void BusyTimes::charge() const {
    if (!dispatch::shared::is_available()) {
        return;
    }
    for (const auto& [whose, time] : beyond_) {
        dispatch::shared::charge(whose.first, static_cast<std::uint8_t>(whose.second), time);
    }
}

}  // namespace ideamine::jobs
