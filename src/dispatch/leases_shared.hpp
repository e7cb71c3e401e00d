// Which jobs are running, known without looking at the table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dispatch/notes_shared.hpp"

namespace ideamine::dispatch::shared {

// How many find room, so that there is some left for jobs that may run.
std::size_t most_leases();

// With the node of its job's tenant, see tenant_node(); 0: there was no room for that.
struct LeaseOf {
    Offset tenant;
    Leased what;
};

// The caller's transaction has leased these jobs: they count as running from now on, and no more if
// it rolls back.
void begin_leases(std::span<const LeaseOf> leases);
// Leases that the table says there are. False: there was no room for some.
bool add_leases(std::span<const LeaseOf> leases);

// If the caller's transaction, which has locked the job's row, commits, its lease has changed: it
// would give way at another time. Does nothing where the library is not preloaded.
void change_lease(const Uuid& job, std::int64_t epoch, const LeaseChange& change);

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

// Running jobs in the order in which they would give way to others: the lowest class first, within
// it those that lose least work, then those that had to give way least often. Jobs of the highest
// class never do.
struct Yielding {
    const std::vector<std::string>* tenants = nullptr;  // none: all
    std::uint8_t below;                                 // classes lower than this: larger numbers
    int resource = -1;  // that they hold something of, by its place in Leased::holds; -1: any, none
    std::size_t most;
};
struct YieldingJob {
    std::string tenant;
    Leased what;
};
struct YieldingJobs {
    std::vector<YieldingJob> jobs;  // each once
    bool are_all_known;             // every job that anybody can see running was asked for
};
// Some may have been leased by transactions in progress, or run no more: the caller asks the rows.
YieldingJobs who_gives_way(const Yielding& asked);

// Such as have ended without anybody saying so.
void forget_lease(const Leased& leased);

// At the end of a transaction, or of one of its levels.
void settle_leases(Slot& slot, Notes& notes, bool committed);
void undo_leases(Slot& slot, Notes& notes, SubTransactionId level);

}  // namespace ideamine::dispatch::shared
