// Creating jobs with the edges between them, all or none.
#pragma once

#include "jobs/job_request_json_sql.hpp"

namespace ideamine::jobs {

// Says which request an error is about; nullptr where there is only one.
using Place = std::string (*)(std::size_t position, const JobRequest& request);

struct Created {
    Uuid job;
    bool created;  // false: the job was there already, under its idempotency key
};

// Returns the jobs in the order of the requests, which are normalised. A request may depend on the
// key of another one of the same call, or on the id of a job of the tenant. Jobs whose dependencies
// have all been completed are runnable; those that depend on a job which failed or was cancelled
// are cancelled. Throws ID404 for an unknown job, ID422 for an unknown key, a key used twice, an
// edge named twice or a cycle. Inside a pg::Spi.
std::vector<Created> create(const std::string& tenant, const std::vector<NewJob>& jobs,
                            Place place);

}  // namespace ideamine::jobs
