// A walk through all jobs, past the executor: those that may run, and those that do.
#pragma once

#include <unordered_map>

#include "dispatch/dispatch_shared.hpp"
#include "jobs/jobs_table.hpp"
#include "quota/needs.hpp"

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
    std::string_view tenant() const;
    dispatch::Leased leased();
    pg::Tid tid() const { return table_.tid(); }

  private:
    bool is_counted() const;
    std::uint8_t served_as() const;
    const std::string& lane();
    const quota::Needs& held();

    pg::Table table_{"jobs", pg::Table::Sees::the_latest};
    std::unordered_map<std::string, std::string> lanes_;   // by what the column holds, and a mark
    std::unordered_map<std::string, quota::Needs> needs_;  // in the same way
    std::string key_;
};

}  // namespace ideamine::jobs
