// How long ended jobs kept workers busy, which is what fair shares are about.
#pragma once

#include <map>

#include "ideamine/pg/spi.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::jobs {

class BusyTimes {
  public:
    // Of a job that was running since then.
    void add(const std::string& tenant, PriorityClass priority_class, std::optional<Time> since);
    void add(const BusyTimes& others);

    // Their tenants pay for what jobs took beyond the second that was paid when they were acquired,
    // if the caller's transaction commits.
    void charge() const;

  private:
    std::map<std::pair<std::string, PriorityClass>, Duration> beyond_;
};

}  // namespace ideamine::jobs
