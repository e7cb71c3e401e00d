// Claiming jobs: which ones, in which order, and the leases on them.
#pragma once

#include "ideamine/pg/function.hpp"
#include "jobs/claim_shared.hpp"

namespace ideamine::jobs {

// Who claims: what it can do (sorted), and for which tenants (sorted; none: for all).
struct Claimant {
    Uuid worker_id;
    std::vector<std::string> capabilities;
    std::optional<std::vector<std::string>> tenants;
    // For the lock of a concurrency key; not where the transaction may hold such a lock already.
    bool may_wait_for_keys = true;
};

// Leases up to `wanted` runnable jobs to the claimant and adds a row for each, in the columns of
// acquire_jobs(). The highest class goes first; within it tenants take turns; within a tenant the
// job that has been ready longest goes first. What others have locked is passed over. Inside a
// pg::Spi.
std::int32_t claim(const shared::Installation& installation, const Claimant& claimant,
                   std::int32_t wanted, Duration lease, pg::Returned& returned);

// When there may be work for the claimant: the beginning of time if some is runnable, or else when
// the next scheduled job of anybody comes due, if there is one. Inside a pg::Spi.
std::optional<Time> next_work_at(const Claimant& claimant);

}  // namespace ideamine::jobs
