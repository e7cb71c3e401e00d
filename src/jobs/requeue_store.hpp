// What becomes of jobs whose attempts have ended without completing them: tried again, given up, or
// put aside until there is room again.
#pragma once

#include "jobs/job_refs.hpp"
#include "jobs/released_store.hpp"
#include "jobs/settle_store.hpp"

namespace ideamine::jobs {

struct Requeued {
    std::size_t position;
    std::string status;
    std::optional<Uuid> quorum_of;
    Holding holding;
};

// One round of settle(). Inside a pg::Spi.
class Requeueing {
  public:
    explicit Requeueing(Time now);

    // Those jobs of the list that there are, as decide() wants them; the first column is the place
    // in the list. Nothing is locked.
    static pg::Rows look_up(const JobRefs& jobs);

    // Stale, or open; if it is no completion with what becomes of the job. `position` names it.
    Settled decide(std::size_t position, const Ending& ending, const pg::Row& job);

    // Returns those that were written: others were changed since they were looked up.
    std::vector<Requeued> write() const;

  private:
    static Outcome outcome_of(const Ending& ending, const pg::Row& job);

    Time now_;
    RetryPolicy platform_;
    std::vector<std::int32_t> positions_;
    std::vector<pg::Tid> tids_;
    std::vector<Epoch> epochs_;
    std::vector<std::optional<pg::Json>> checkpoints_;
    std::vector<std::string_view> outcomes_;
    std::vector<const char*> statuses_;
    std::vector<std::int32_t> given_back_;
    std::vector<std::optional<Time>> run_at_;
    std::vector<std::optional<std::string>> errors_;
    std::vector<std::optional<std::string>> reasons_;
    std::vector<std::int32_t> counted_;
};

}  // namespace ideamine::jobs
