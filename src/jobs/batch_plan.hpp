// What the jobs of one call are to each other and to jobs that exist: worked out before anything
// is written.
#pragma once

#include <functional>
#include <map>

#include "ideamine/error.hpp"
#include "jobs/graph.hpp"
#include "jobs/job_request.hpp"

namespace ideamine::jobs {

// A job outside the call that jobs of the call depend on.
struct Parent {
    struct Dependent {
        std::uint32_t job;  // position in the call
        FailurePolicy on_failure;
    };
    std::vector<Dependent> dependents;
    std::string status;  // as it is found; empty until then
};

// Failed for good, or cancelled.
bool has_failed(const std::string& status);

// Whether a job may wait for one with this status: also for one that has failed, if only another
// chance of that could help.
bool may_be_waited_for(const std::string& status, FailurePolicy on_failure);

struct BatchPlan {
    std::vector<Edge> edges;              // within the call
    std::vector<FailurePolicy> policies;  // of each edge
    std::map<Uuid, Parent> parents;       // sorted: rows are locked in one order everywhere
};

// Says which request an error is about.
using Locate = std::function<Error(std::uint32_t position, const Error& error)>;

// Throws ID422 for a key used twice, an unknown reference, an edge named twice or a cycle.
BatchPlan plan_batch(const std::vector<const JobRequest*>& requests, const Locate& locate,
                     Interrupt interrupt = never_interrupted);

// Some of the jobs exist already: they keep the dependencies that they have, and who depends on
// them depends on a job outside the call.
void leave_out_existing(BatchPlan& plan, const std::vector<std::optional<Uuid>>& existing);

// What becomes of each job, now that the status of every parent is known.
struct Beginnings {
    std::vector<bool> doomed;        // cancelled at once, because what it waits for has failed
    std::vector<std::int32_t> open;  // dependencies to wait for
    std::vector<std::int32_t> dependents;  // within the call
    std::vector<bool> after_failure;       // has a failure to know of, and runs all the same
};
Beginnings begin_batch(const BatchPlan& plan, std::size_t jobs);

}  // namespace ideamine::jobs
