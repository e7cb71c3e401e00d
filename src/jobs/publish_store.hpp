// Telling the dispatch plane which jobs have become runnable, and how it names what they ask for.
#pragma once

#include "dispatch/dispatch_shared.hpp"
#include "ideamine/pg/spi.hpp"
#include "jobs/served_class.hpp"
#include "quota/needs.hpp"

namespace ideamine::jobs {

// What a job requires, as an array literal, and behind it the initials of what it needs of cpu,
// memory and gpu, and a mark if it has a run or needs anything. So jobs that wait for something are
// not in the way of those that do without it.
#define IDEAMINE_INITIAL(alias, resource, initial) \
    " CASE WHEN " alias ".needs ? '" resource "' THEN '" initial "' ELSE '' END ||"
#define IDEAMINE_LANE(alias)                                                          \
    alias ".required_capabilities::text || $[1.2" IDEAMINE_INITIAL(alias, "cpu", "c") \
        IDEAMINE_INITIAL(alias, "memory", "m")                                        \
            IDEAMINE_INITIAL(alias, "gpu", "g") "$] CASE WHEN " alias                 \
                                                ".run_id IS NOT NULL$[1.2  OR " alias \
                                                ".needs IS NOT NULL"                  \
                                                "$] THEN '!' ELSE '' END"

// The columns by which a job is published, of a table of jobs with this alias.
#define IDEAMINE_READY(alias)                                                               \
    alias ".ctid, " alias ".tenant_id, " alias                                              \
          ".job_id, " IDEAMINE_SERVED_AS(alias) "::text, " IDEAMINE_LANE(                   \
              alias) ", CASE WHEN " alias ".status = 'pending' THEN " alias                 \
                     ".ready_at END, $[1.1 " alias ".concurrency_key IS NOT NULL OR " alias \
                     ".quorum_of IS NOT NULL$| false$]"

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

// What stands behind what a job requires in its lane. `is_counted`: it has a run or needs
// something.
std::string lane_mark(bool is_counted, const quota::Needs& needs);
// Whether the jobs of a lane need this.
bool lane_needs(std::string_view lane, quota::Resource resource);

}  // namespace ideamine::jobs
