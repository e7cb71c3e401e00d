// Reading a JobRequest from the jsonb that a caller passed.
#pragma once

#include "ideamine/pg/json.hpp"
#include "jobs/job_request.hpp"

namespace ideamine::jobs {

// A request, and the payload that goes with it unread; none stands for {}.
struct NewJob {
    JobRequest request;
    std::optional<pg::Json> payload;
};

// The options of create_job(). Throws ID400 for an unknown key or a value of the wrong type.
void read_options(JobRequest& request, const pg::JsonValue& options);

// One element of the array of create_jobs(): options, and key, job_type, payload, priority_class,
// run_at and depends_on beside them. Its key is read first, so that the caller of a read that
// throws can name it.
void read_job(NewJob& job, const pg::JsonValue& element);

// Throws ID413 if the payload is over the limit; JSON null counts as a payload.
void check_payload(const std::optional<pg::Json>& payload);

}  // namespace ideamine::jobs
