#pragma once

#include "ideamine/clock.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/retry.hpp"

namespace ideamine::jobs {

void define_settings();

// Throws ID413, naming `what`, if a value is larger than ideamine.max_payload_size.
void check_payload_size(const char* what, const pg::Json& value);
// An argument that is no larger.
std::optional<pg::Json> read_payload(const pg::Arguments& arguments, int argument,
                                     const char* name);
// Throws ID413 if one call names more jobs than ideamine.max_batch_size.
void check_batch_size(std::size_t jobs);

// What holds for jobs that have no retry settings of their own.
RetryPolicy platform_retry_policy();
Duration default_lease();
Duration history_after();
Duration job_retention();
Duration dead_letter_retention();

// How many votes in a row a worker may be outvoted on until it counts as degraded, or as failed.
std::int32_t deviations_to_degrade();
std::int32_t deviations_to_fail();

}  // namespace ideamine::jobs
