// The life of a worker: active → draining → terminated; `degraded` works but is watched; `failed`
// was given up after it fell silent. Failed and terminated workers never come back: a process that
// starts again registers anew.
#pragma once

#include <string_view>

#include "ideamine/clock.hpp"

namespace ideamine::workers {

enum class Status { active, draining, degraded, failed, terminated };

// As the SQL type ideamine.worker_status spells it.
const char* to_string(Status status);
// Throws std::invalid_argument for anything but what to_string() gives: the text comes from the
// table.
Status parse_status(std::string_view text);

// Its leases are gone, and every call of it is refused.
bool has_ended(Status status);
// May take new jobs.
bool may_acquire(Status status);
// Silent for longer than `timeout` (0 or more). A heartbeat from the future, after the clock
// stepped back, is no silence.
bool is_stale(Time last_heartbeat, Time now, Duration timeout);

}  // namespace ideamine::workers
