#pragma once

#include "priority/legality.hpp"

namespace ideamine::priority {

void define_settings();

// ideamine.max_preemptions, fail_at_max_preemptions and preemption_cooldown.
Limits limits();
// How long workers have to hand back jobs that give way by a policy; 0: they do so at once.
Duration preemption_grace();
// How long room is held for the job for which others gave way.
Duration held_room_timeout();
// Which share of the running jobs gives way at most in one round.
double preemption_round_share();
// Which share of a resource jobs may hold that are spared.
double preemption_spared_share();
// How long a job waits until its class is raised by one; 0: it never is.
Duration aging_interval();

}  // namespace ideamine::priority
