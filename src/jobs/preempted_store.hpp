// Jobs that have given way: the row of history that was written when that was decided says so from
// now on, and an event does.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/lease.hpp"

namespace ideamine::jobs {

// The reason of preemptions for a budget, which do not count towards ideamine.max_preemptions.
inline constexpr std::string_view preempted_for_budget = "budget_exceeded";

class Preempted {
  public:
    void add(const std::string& tenant, const Uuid& job, Epoch epoch,
             const std::optional<pg::Json>& checkpoint);
    // Inside a pg::Spi.
    void write(Time now) const;

  private:
    std::vector<std::string> tenants_;
    std::vector<Uuid> jobs_;
    std::vector<Epoch> epochs_;
    std::vector<std::optional<pg::Json>> checkpoints_;
    std::vector<Uuid> events_;
};

}  // namespace ideamine::jobs
