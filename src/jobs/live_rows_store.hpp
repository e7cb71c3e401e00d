// A walk through all jobs, past the executor: those that may run, and those that do.
#pragma once

#include <unordered_map>

#include "dispatch/dispatch_shared.hpp"
#include "jobs/jobs_table.hpp"

namespace ideamine::jobs {

class LiveRows {
  public:
    // For the time of a scope, in which it sees what is committed now.
    LiveRows();

    // Goes to the next job that may run, or does, and has done so since before. False: there is
    // none.
    bool next(Time before);

    // Of that job, until the next one.
    bool is_running() const;
    dispatch::shared::Ready ready();
    dispatch::Leased leased() const;
    pg::Tid tid() const { return table_.tid(); }

  private:
    const std::string& lane();

    pg::Table table_{"jobs", pg::Table::Sees::the_latest};
    std::unordered_map<std::string, std::string> lanes_;  // by what the column holds, and a mark
    std::string key_;
};

}  // namespace ideamine::jobs
