// Ending attempts: with a result, with an error, handed back, or taken away.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/lease.hpp"

namespace ideamine::jobs {

struct LeaseRef {
    std::string tenant;
    Uuid job;
    Epoch epoch;

    auto operator<=>(const LeaseRef&) const = default;
};

struct Completion {
    LeaseRef lease;
    std::optional<pg::Json> result;
};

enum class Answer { ok, stale, unknown };
const char* to_string(Answer answer);

struct Completed {
    std::vector<Answer> answers;  // in the order of the completions
    std::int64_t unblocked = 0;   // dependents that became runnable
};

// Accepts the completions whose lease is live, and unblocks what waits for those jobs. Of several about
// one lease the first counts. Inside a pg::Spi.
Completed complete(const std::vector<Completion>& completions);

// An attempt that ended without a result.
struct Ending {
    LeaseRef lease;
    Outcome outcome;
    std::optional<std::string> error = {};
    bool retryable = true;
    std::optional<Duration> retry_after = {};
    std::optional<pg::Json> checkpoint = {};
};

struct Settled {
    Answer answer = Answer::unknown;
    std::string status = {};            // of the job now; empty unless the answer is ok
    std::optional<Time> retry_at = {};  // set if it is pending
    std::int32_t retries_left = 0;
};

// Ends the attempts whose lease is live: each job is requeued, or dies and takes along what waits for it.
// The answers are in the order of the endings. Inside a pg::Spi.
std::vector<Settled> settle(const std::vector<Ending>& endings);

// Throws ID409 or ID404, saying what has become of the lease. Inside a pg::Spi.
[[noreturn]] void throw_refusal(const LeaseRef& lease, Answer answer);

// Errors and reasons are cut to this, at a whole character.
inline constexpr std::size_t max_error_bytes = 16 * 1024;
std::string cut_error(std::string text);

}  // namespace ideamine::jobs
