// What the end of a job means for the jobs that wait for it.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/job_refs.hpp"
#include "jobs/released_store.hpp"

namespace ideamine::jobs {

// These jobs have been completed: counts down what waits for them, each dependent once however many
// of them it waited for. Returns how many became runnable. Inside a pg::Spi, in the transaction
// that completed them.
std::int64_t unblock_dependents(const JobRefs& completed);

// Jobs that were cancelled, and what that means for others.
struct Cancelled {
    JobRefs jobs;
    JobRefs quorums;    // those of them that workers vote on
    JobRefs votes;      // jobs of which a vote was cancelled
    Released released;  // by those that were running
    JobRefs waited;     // those that waited for others

    void add(const Cancelled& other);
};

// Cancels these jobs unless they have ended. A running one ends its attempt, and its worker is
// told. Inside a pg::Spi.
Cancelled cancel_listed(const JobRefs& jobs, const std::optional<std::string>& reason);

// Cancels what is left of the votes for these jobs, which are locked. One that somebody has in hand
// is left alone: who ends it waits for its job's lock, which is ours, and looks at the vote again.
Cancelled cancel_votes(const JobRefs& jobs, const std::string& reason);

// These jobs had failed and get another chance: what would run all the same, but has not begun,
// waits for them again. Inside a pg::Spi, in the transaction that made them runnable.
void wait_again(const JobRefs& revived);

// These jobs have failed for good or were cancelled: what waits for them is cancelled, runs all the
// same or stays blocked, as its edge says, and so on for what waits for those that are cancelled.
// Inside a pg::Spi, in the transaction that ended them.
Cancelled fail_dependents(const JobRefs& ended, const std::string& reason);

}  // namespace ideamine::jobs
