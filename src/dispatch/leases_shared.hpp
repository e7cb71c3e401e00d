// Which jobs are running, known without looking at the table.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "dispatch/notes_shared.hpp"

namespace ideamine::dispatch::shared {

// How many find room, so that there is some left for jobs that may run.
std::size_t most_leases();

// The caller's transaction has leased these jobs: they count as running from now on, and no more if
// it rolls back.
void begin_leases(std::span<const Leased> leases);
// Leases that the table says there are. False: there was no room for some.
bool add_leases(std::span<const Leased> leases);

// If the caller's transaction commits, the leases of a job up to this one have ended. Does nothing
// where the library is not preloaded.
void end_lease(const Uuid& job, std::int64_t epoch);

// Of a worker, or of all.
struct LeasesHere {
    std::vector<Leased> leases;
    bool are_all;  // every one that anybody can see is among them
};
LeasesHere leases(const std::optional<Uuid>& worker);
// Where jobs stood when these leases of theirs began; 0: not known.
std::vector<std::uint64_t> rows_of(std::span<const Uuid> jobs,
                                   std::span<const std::int64_t> epochs);
// Such as have ended without anybody saying so.
void forget_lease(const Leased& leased);

// At the end of a transaction, or of one of its levels.
void settle_leases(Slot& slot, Notes& notes, bool committed);
void undo_leases(Slot& slot, Notes& notes, SubTransactionId level);

}  // namespace ideamine::dispatch::shared
