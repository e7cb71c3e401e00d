// Conditions of statements on jobs that are not to be handed out yet, and on those that run, such
// as an index or shared memory answers.
#pragma once

namespace ideamine::jobs {

#define IDEAMINE_WAITS_FOR_TIME \
    "$[1.2 waits_for = 'time'$| status = 'pending' AND ready_at IS NULL$]"
#define IDEAMINE_WAITS_FOR_KEY \
    "$[1.2 waits_for = 'key'$| status = 'blocked' AND ready_at IS NOT NULL$]"
#define IDEAMINE_IS_PAUSED "$[1.2 waits_for = 'queue'$| status = 'paused'$]"
#define IDEAMINE_HOLDS_KEY "$[1.2 held_key = $2$| concurrency_key = $2 AND status = 'running'$]"

}  // namespace ideamine::jobs
