// Telling the dispatch plane which jobs have become runnable, and how it names what they ask for.
#pragma once

#include "dispatch/dispatch_shared.hpp"
#include "ideamine/pg/spi.hpp"
#include "jobs/served_class.hpp"

namespace ideamine::jobs {

// The columns by which a job is published, of a table of jobs with this alias. A lane is what a job
// requires, as an array literal, with a mark behind it if the job has a run or needs something.
#define IDEAMINE_READY(alias)                                                      \
    alias ".ctid, " alias ".tenant_id, " alias ".job_id, " IDEAMINE_SERVED_AS(     \
        alias) "::text, " alias ".required_capabilities::text || CASE WHEN " alias \
               ".run_id IS NOT NULL$[1.2  OR " alias                               \
               ".needs IS NOT NULL$] THEN '!' ELSE '' END, CASE WHEN " alias       \
               ".status = 'pending' THEN " alias ".ready_at END, $[1.1 " alias     \
               ".concurrency_key IS NOT NULL OR " alias ".quorum_of IS NOT NULL$| false$]"

inline constexpr int ready_columns = 7;

// In _PG_init. The dispatch plane asks for the weight of each tenant that comes in.
void look_up_weights();

inline constexpr char counted_mark = '!';

// The job of a row with these columns from `first` on, if it may run; as long as the row lives.
std::optional<dispatch::shared::Ready> read_ready(const pg::Row& row, int first = 0);

// What of these rows may run is there for workers when the caller's transaction has committed; as
// many sleepers are woken then. Returns how many those are.
std::int64_t publish_ready(const pg::Rows& rows, int first = 0);
std::int64_t publish_ready(std::vector<dispatch::shared::Ready> ready);

// The lane of a job that requires this, as the server writes the array, and has a run or needs
// something.
std::string lane_of(const std::string& required_capabilities, bool is_counted);

}  // namespace ideamine::jobs
