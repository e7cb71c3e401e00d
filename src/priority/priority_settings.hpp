#pragma once

#include "priority/legality.hpp"

namespace ideamine::priority {

void define_settings();

// ideamine.max_preemptions, fail_at_max_preemptions and preemption_cooldown.
Limits limits();
// How long a job waits until its class is raised by one; 0: it never is.
Duration aging_interval();

}  // namespace ideamine::priority
