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
};

// Leases up to `wanted` runnable jobs to the claimant and adds a row for each, in the columns of
// acquire_jobs(). The highest class goes first; within it tenants take turns; within a tenant the
// job that has been ready longest goes first. What others have locked is passed over. Inside a
// pg::Spi.
std::int32_t claim(const shared::Installation& installation, const Claimant& claimant,
                   std::int32_t wanted, Duration lease, pg::Returned& returned);

}  // namespace ideamine::jobs
