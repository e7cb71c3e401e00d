// Jobs that have given way: the row of history that was written when that was decided says so from
// now on, and an event does.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/lease.hpp"

namespace ideamine::jobs {

// Reasons of preemptions that do not count towards ideamine.max_preemptions: such jobs wait until
// their class is open again.
inline constexpr std::string_view budget_exceeded = "budget_exceeded";
inline constexpr std::string_view run_paused = "run_paused";
inline bool is_for_closing(const std::optional<std::string>& reason) {
    return reason == budget_exceeded || reason == run_paused;
}

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
