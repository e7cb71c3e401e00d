// One round in which running jobs give way to waiting ones, by policies.
#pragma once

#include "ideamine/pg/function.hpp"
#include "priority/policies.hpp"

namespace ideamine::priority {

// For each waiting job that does not fit: those that give way, and room held for it, in the
// caller's transaction; or why nobody does. As rows of evaluate_preemption_policy(). Inside a
// pg::Spi.
void hold_round(const std::vector<Policy>& policies, pg::Returned& returned);

}  // namespace ideamine::priority
