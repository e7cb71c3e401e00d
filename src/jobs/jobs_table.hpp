// The table of jobs as we make it, for those who write it past the executor.
#pragma once

#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/table.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::jobs {

inline constexpr pg::Table::Shape jobs_shape{.columns = 48, .checks = 3};

inline constinit pg::Labels<8> statuses{
    "job_status",
    {"blocked", "pending", "running", "completed", "failed", "cancelled", "preempted", "paused"}};
inline constinit pg::Labels<4> classes{"priority_class", {"P0", "P1", "P2", "P3"}};

// Of the row that was found, by the number of its column.
inline PriorityClass class_of(const pg::Table& jobs, int column) {
    const auto found =
        std::ranges::find_if(classes.values, [&](Datum label) { return jobs.is(column, label); });
    return static_cast<PriorityClass>(found - classes.values.begin());
}

// The class with which that job is handed out: NULL, or no column at all, means that it inherits
// none.
inline PriorityClass served_class_of(const pg::Table& jobs, int assigned, int inherited) {
    const auto own = class_of(jobs, assigned);
    return jobs.is_null(inherited) ? own : std::min(own, class_of(jobs, inherited));
}

// Otherwise it takes statements: the catalogue is an older one, or somebody has made it another
// table.
inline bool is_plain(const pg::Table& jobs, pg::Table::Write write) {
    return jobs.is_plain(write, jobs_shape) && pg::installed_version() >= Version{1, 2};
}

}  // namespace ideamine::jobs
