// What the end of a job means for the jobs that wait for it.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::jobs {

// Jobs of any tenants, as two columns.
struct JobRefs {
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;

    void add(const std::string& tenant, const Uuid& job) {
        tenants.push_back(tenant);
        jobs.push_back(job);
    }
    bool empty() const { return jobs.empty(); }
};

// These jobs have been completed: counts down what waits for them, each dependent once however many
// of them it waited for. Returns how many became runnable. Inside a pg::Spi, in the transaction
// that completed them.
std::int64_t unblock_dependents(const JobRefs& completed);

// Cancels these jobs unless they have ended. A running one ends its attempt, and its worker is
// told. Returns those that it cancelled. Inside a pg::Spi.
JobRefs cancel(const JobRefs& jobs, const std::optional<std::string>& reason);

// Cancels everything that waits for these jobs, directly or through others. Returns how many.
std::int64_t cancel_dependents(const JobRefs& ended, const std::string& reason);

}  // namespace ideamine::jobs
