// The settings of launcher and workers, all changed by a reload.
#pragma once

#include "ideamine/clock.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ideamine::bgworker {

void define_settings();

namespace settings {

// ideamine.databases; none if it is malformed.
std::optional<std::vector<std::string>> databases();
std::chrono::seconds worker_restart_gap();
std::chrono::milliseconds sweep_interval();
std::chrono::milliseconds duty_timeout();
std::chrono::seconds restore_quiet_period();

}  // namespace settings
}  // namespace ideamine::bgworker
