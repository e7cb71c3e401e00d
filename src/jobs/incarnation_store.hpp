// The upper half of epochs: raised once after each start or promotion, before the first claim.
#pragma once

#include "jobs/claim_shared.hpp"

namespace ideamine::jobs {

// The incarnation to hand out epochs of. The first caller after a start raises it in its own
// transaction, which is then flushed to disk at commit whatever synchronous_commit says: a claim
// may be lost in a crash, the incarnation of its epoch may not. Inside a pg::Spi.
Incarnation current_incarnation(const shared::Installation& installation);

}  // namespace ideamine::jobs
