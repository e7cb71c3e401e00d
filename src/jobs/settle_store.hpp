// Ending attempts: with a result, with an error, handed back, or taken away.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/lease.hpp"

namespace ideamine::jobs {

struct LeaseRef {
    std::string tenant;
    Uuid job;
    Epoch epoch;
};

struct Ending {
    LeaseRef lease;
    Outcome outcome;
    std::optional<std::string> error = {};
    bool retryable = true;
    std::optional<Duration> retry_after = {};
    std::optional<std::string> preemption_reason = {};  // of one that is preempted
    // Of an attempt that completed its result, of any other a checkpoint for the next one.
    std::optional<pg::Json> data = {};
};

enum class Answer {
    ok,
    stale,    // somebody else has the job, or it has ended
    unknown,  // there is no such job
    open,     // not decided yet; settle() never returns it
};
const char* to_string(Answer answer);

struct Settled {
    Answer answer = Answer::open;
    const char* status = "";            // of the job now; empty unless the answer is ok
    std::optional<Time> retry_at = {};  // set if it is pending
    std::int32_t retries_left = 0;
};

struct Settlement {
    std::vector<Settled> endings;  // in the order in which they were given
    std::int64_t unblocked = 0;    // dependents that became runnable
};

// Ends the attempts whose lease is live. A job that is completed unblocks what waits for it; any
// other is requeued, or dies and takes along what waits for it. Of several endings of one lease the
// first counts. Inside a pg::Spi.
Settlement settle(const std::vector<Ending>& endings);

// Throws ID409 or ID404, saying what has become of the lease. Inside a pg::Spi.
[[noreturn]] void throw_refusal(const LeaseRef& lease, Answer answer);

// Errors and reasons are cut to this, at a whole character.
inline constexpr std::size_t max_error_bytes = 16 * 1024;
std::string cut_error(std::string text);

}  // namespace ideamine::jobs
