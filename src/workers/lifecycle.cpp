#include "workers/lifecycle.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace ideamine::workers {

namespace {

// In the order of the enumeration.
constexpr std::array<const char*, 5> names{"active", "draining", "degraded", "failed",
                                           "terminated"};

}  // namespace

const char* to_string(Status status) {
    return names[static_cast<std::size_t>(status)];
}

Status parse_status(std::string_view text) {
    const auto* const found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) {
        throw std::invalid_argument("unknown worker status: \"" + std::string(text) + "\"");
    }
    return static_cast<Status>(found - names.begin());
}

bool has_ended(Status status) {
    return status == Status::failed || status == Status::terminated;
}

bool may_acquire(Status status) {
    return status == Status::active || status == Status::degraded;
}

bool is_stale(Time last_heartbeat, Time now, Duration timeout) {
    return now > saturating_add(last_heartbeat, timeout);
}

}  // namespace ideamine::workers
