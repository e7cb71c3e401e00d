// Signs of life of this database's workers, see beats.hpp. Inside a transaction.
#pragma once

#include <optional>

#include "ideamine/clock.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::workers::shared {

// In _PG_init, while the postmaster loads its libraries.
void reserve_beats();

// A sign of life of a worker whose row says `written`. False: it has to be written to the row,
// because there is no room for it, or no shared memory. The first is for whoever holds the row; the
// second refuses when nobody has noted any.
bool note_beat(const Uuid& worker, Time written);
bool extend_beat(const Uuid& worker, Time written);

// When a worker was last heard of whose row says `written`.
Time latest_beat(const Uuid& worker, Time written);
// The same in its favour: after a restart nobody knows of what was not written.
Time latest_possible_beat(const Uuid& worker, Time written);

// When a worker was last heard of whose row says `written` and is held by the caller, if that was
// before `before`: then nothing is noted of it until somebody else has held its row.
std::optional<Time> give_up_if_silent(const Uuid& worker, Time written, Time before);

}  // namespace ideamine::workers::shared
