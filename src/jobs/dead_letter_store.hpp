// Giving jobs that ran out of retries another chance.
#pragma once

#include "ideamine/pg/function.hpp"

namespace ideamine::jobs {

// Which letters; what is not set does not matter.
struct DeadLetterFilter {
    std::optional<std::vector<Uuid>> jobs;
    std::optional<std::string> job_type;
    std::optional<std::string> queue;
    std::optional<std::string> priority_class;
    std::optional<Time> died_after;
    std::optional<Time> died_before;
    std::int32_t limit = 10'000;
};

// Takes letters of a tenant out of the queue, those that died first, and makes their jobs runnable
// with all their retries. Adds each job's id to `returned`. Letters that somebody else has in hand,
// and those of votes that cannot be cast yet, are passed over. Inside a pg::Spi.
void retry_dead_letters(const std::string& tenant, const DeadLetterFilter& filter,
                        pg::Returned& returned);

}  // namespace ideamine::jobs
