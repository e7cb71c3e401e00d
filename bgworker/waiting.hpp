// Waiting for what another process does to a slot.
#pragma once

#include "bgworker/slots.hpp"
#include "ideamine/pg/wait.hpp"

namespace ideamine::bgworker {

// Looks again and again until `done` says so, or the time is over. Can be cancelled.
template <typename Condition>
bool wait_until(SteadyTime deadline, const char* event, Condition&& done) {
    constexpr std::chrono::milliseconds between_looks{10};
    while (!done()) {
        if (SteadyClock::now() >= deadline) {
            return false;
        }
        pg::wait_on_latch(between_looks, event);
    }
    return true;
}

// No worker is connected to the database.
inline bool worker_is_gone(const std::string& database) {
    const auto slot = slots::find(database);
    return !slot || slot->worker == 0;
}

}  // namespace ideamine::bgworker
