// What a caller asks for when it creates a job.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ideamine/clock.hpp"
#include "ideamine/uuid.hpp"
#include "ideamine/version.hpp"
#include "jobs/failure_policy.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/retry.hpp"
#include "quota/needs.hpp"

namespace ideamine::jobs {

inline constexpr std::size_t max_required_capabilities = 64;
inline constexpr std::size_t max_dependencies = 100'000;
inline constexpr Duration max_timeout = std::chrono::days{365};

inline constexpr int max_concurrency_limit = 1'000'000;
inline constexpr int max_votes = 100;

struct Dependency {
    std::string job;  // key of the same call, or id of a job of the tenant
    std::optional<FailurePolicy> on_failure = {};  // none: the request's own

    bool operator==(const Dependency&) const = default;
};

// `votes` workers run the job; it is completed when `agree` results are the same.
struct Quorum {
    int votes = 0;
    int agree = 0;
};

struct JobRequest {
    std::string key;  // the caller's name for it within one call; empty if it gave none
    std::string job_type;
    std::string queue = "default";
    PriorityClass priority_class = PriorityClass::p2;
    std::optional<Time> run_at;  // not before; none: at once
    std::vector<Dependency> depends_on;
    FailurePolicy on_failure = FailurePolicy::cancel;  // of dependencies that do not say
    std::vector<std::string> required_capabilities;
    std::optional<int> max_retries;
    std::optional<Duration> retry_base;
    std::optional<double> retry_factor;
    std::optional<Duration> retry_cap;
    std::optional<Duration> timeout;
    std::optional<std::string> project;
    std::optional<Uuid> run;
    std::optional<std::string> phase;
    std::optional<std::string> idempotency_key;
    std::optional<std::string> concurrency_key;
    std::optional<int> concurrency_limit;  // with a concurrency key: 1 if it is not given
    std::optional<Quorum> quorum;
    quota::Needs needs;
};

// Throws ID400 for a name, delay, count or interval that is out of range, naming it; sorts the
// required capabilities and drops repeated ones, so that equal requirements look equal.
void normalise(JobRequest& request);

// The version of the catalogue that can keep what it asks for.
Version required_version(const JobRequest& request);

// The policy of a job: its own settings where it has them, the platform's otherwise.
RetryPolicy retry_policy(std::optional<int> max_retries, std::optional<Duration> base,
                         std::optional<double> factor, std::optional<Duration> cap,
                         const RetryPolicy& platform);

// Sorted and without repetition; throws ID400 for more than `most` or an invalid name.
void normalise_names(const char* what, std::vector<std::string>& names, std::size_t most);

}  // namespace ideamine::jobs
