// Runs, and pausing them.
#pragma once

#include <optional>
#include <string>

#include "ideamine/clock.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::workflow {

// Everything here inside a pg::Spi.

// There is a row of this run from now on.
void note_run(const std::string& tenant, const Uuid& run);

// By hand. False if it was so before.
bool pause(const std::string& tenant, const Uuid& run, const std::optional<std::string>& reason);
bool resume(const std::string& tenant, const Uuid& run);

// A run is paused while all of its classes are closed, whatever closes them. To be called when
// something of it was closed or opened.
void follow_closings(const std::string& tenant, const Uuid& run);

// One pass: closings whose time is over go, runs that they paused are running again, and jobs whose
// classes are open come back. Returns how many jobs.
std::int64_t reopen(Time now);

}  // namespace ideamine::workflow
