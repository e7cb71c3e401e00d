// Jobs that gave way for a budget.
#pragma once

#include "priority/preempt_store.hpp"

namespace ideamine::budget {

// Says so of each in an event, and counts them in the row of budget_events that this is for.
void note_stopped(const Uuid& decision, const std::vector<priority::Victim>& victims);

}  // namespace ideamine::budget
