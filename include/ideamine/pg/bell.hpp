// Calling the background worker of this database: a bell that rings until the worker hears it.
//
// What was rung for is never more than a hint: the worker looks into tables, and finds what there
// is to do without bells too, only later. Nothing here fails or allocates, so that it may be called
// at the end of a transaction.
#pragma once

#include "ideamine/bells.hpp"

namespace ideamine::pg::bell {

// In _PG_init, while the postmaster loads its libraries.
void reserve();

// Wakes the worker, if this database has one. Without shared memory nobody hears it.
void ring(Bell bell) noexcept;
// The same when the caller's transaction has committed.
void ring_at_commit(Bell bell);

// ---- for the worker
// ------------------------------------------------------------------------------

// This process is the one to be woken from now on, until it ends.
void answer();

// What of these rang since they were heard last. The others go on ringing, and wake nobody until
// they have been heard: who listens again has to look by itself.
Bells heard(Bells listened);

}  // namespace ideamine::pg::bell
