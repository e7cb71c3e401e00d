// Telling callers that sleep in wait_for_jobs() that there may be work: by the commit that made it,
// through shared memory.
#pragma once

#include "jobs/claim_shared.hpp"

namespace ideamine::jobs::shared {

// In _PG_init, while the postmaster loads its libraries.
void reserve_sleepers();

// So many jobs become runnable if the caller's transaction commits; then as many sleepers are
// woken. A rollback announces nothing; a savepoint's may wake somebody in vain. Does nothing where
// the library is not preloaded, since nobody can sleep there.
void announce_ready(std::int64_t jobs);

// While it lives, this process is woken by pg::wake_process() when there may be work. Throws ID429
// if too many sleep already. To be made before looking for work: what is committed after the look
// wakes then.
class Sleeper {
  public:
    explicit Sleeper(const Installation& installation);
    ~Sleeper();
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    // Was woken and found nothing that it could do: another sleeper, who has not heard of the same
    // work, is woken instead.
    void pass_on() const;

  private:
    std::size_t slot_;
};

}  // namespace ideamine::jobs::shared
