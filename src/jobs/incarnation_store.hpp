// The upper half of epochs: raised once after each start or promotion, before the first claim.
#pragma once

#include "jobs/claim_shared.hpp"

namespace ideamine::jobs {

// The incarnation to hand out epochs of. The first caller after a start raises it in its own
// transaction, which then commits as durably as any, on standbys too: a claim may be lost in a
// crash, the incarnation of its epoch may not. A server that does not know what others handed out
// after its own copy of the table was made (a standby that fell behind and was promoted, a restored
// backup or dump) raises it far enough for that not to matter. Inside a pg::Spi.
Incarnation current_incarnation(const shared::Installation& installation);

// Raises it above `seen`, the incarnation of a job's latest epoch that is ahead of the current one:
// a job that came without its incarnation, as when some of the tables are restored. Returns the new
// one. Inside a pg::Spi.
Incarnation raise_incarnation_above(const shared::Installation& installation, Incarnation seen);

}  // namespace ideamine::jobs
