// Running jobs whose class was closed give way: their money is spent, or their run is paused.
#pragma once

#include "jobs/closings_store.hpp"
#include "priority/preempt_store.hpp"

namespace ideamine::priority {

// One pass over the closings of which running jobs may be left: these give way at once, whatever
// they have been through, up to so many; waiting jobs of a closed run are paused. P0 may finish.
// Returns how many jobs that were: 0 if there is nothing to do, or nothing that can be done now.
std::int64_t enforce_closings(std::int64_t most);

// In _PG_init: calls `tell` of jobs that have given way for this decision, in the transaction that
// preempts them.
using StoppedFor = void (*)(const Uuid& decision, const std::vector<Victim>& victims);
void when_stopped(StoppedFor tell);

}  // namespace ideamine::priority
