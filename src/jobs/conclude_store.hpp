// What follows from the end of jobs, for the jobs that wait for them, vote on them or share a
// concurrency key with them.
#pragma once

#include "jobs/dependents_store.hpp"

namespace ideamine::jobs {

// What has ended in this transaction, and what was given back.
struct Ended {
    JobRefs completed;  // those that somebody waits for
    JobRefs dead;       // failed for good
    JobRefs cancelled;
    JobRefs quorums;  // those of the cancelled that workers vote on
    JobRefs votes;    // jobs of which a vote has ended
    Released released;
    JobRefs waited;  // those of the cancelled that waited for others

    void add(const Cancelled& others);
};

struct Conclusion {
    std::int64_t unblocked = 0;  // dependents that became runnable
    std::int64_t cancelled = 0;  // jobs that were cancelled because of these
};

// Draws all consequences. The last thing that its transaction does to jobs, because it may lock
// concurrency keys. Inside a pg::Spi.
Conclusion conclude(Ended ended);

}  // namespace ideamine::jobs
