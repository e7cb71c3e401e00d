#include "jobs/job_request.hpp"

#include <algorithm>

#include "ideamine/error.hpp"
#include "ideamine/identifier.hpp"

namespace ideamine::jobs {

void normalise_names(const char* what, std::vector<std::string>& names, std::size_t most) {
    if (names.size() > most) {
        throw Error(Code::invalid_argument, std::string{what} + " has too many elements",
                    "It has " + std::to_string(names.size()) + ", and at most " +
                        std::to_string(most) + " are allowed.");
    }
    for (const auto& name : names) {
        check_identifier(what, name);
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
}

namespace {

void normalise_concurrency(JobRequest& request) {
    if (!request.concurrency_key) {
        if (request.concurrency_limit) {
            throw Error(Code::invalid_argument, "concurrency_limit needs a concurrency_key");
        }
        return;
    }
    check_identifier("concurrency_key", *request.concurrency_key);
    request.concurrency_limit = request.concurrency_limit.value_or(1);
    if (*request.concurrency_limit < 1 || *request.concurrency_limit > max_concurrency_limit) {
        throw Error(Code::invalid_argument, "concurrency_limit must be between 1 and " +
                                                std::to_string(max_concurrency_limit));
    }
}

void check_quorum(const Quorum& quorum) {
    if (quorum.votes < 1 || quorum.votes > max_votes) {
        throw Error(Code::invalid_argument,
                    "quorum.votes must be between 1 and " + std::to_string(max_votes));
    }
    if (quorum.agree < 1 || quorum.agree > quorum.votes) {
        throw Error(Code::invalid_argument,
                    "quorum.agree must be between 1 and the number of votes");
    }
}

}  // namespace

void normalise(JobRequest& request) {
    check_identifier("job_type", request.job_type);
    check_identifier("queue", request.queue);
    if (request.project) {
        check_identifier("project", *request.project);
    }
    if (request.phase) {
        check_identifier("phase", *request.phase);
    }
    normalise_names("required_capabilities", request.required_capabilities,
                    max_required_capabilities);
    if (request.depends_on.size() > max_dependencies) {
        throw Error(Code::too_large,
                    "depends_on has more than " + std::to_string(max_dependencies) + " elements");
    }
    check_retry_policy(retry_policy(request.max_retries, request.retry_base, request.retry_factor,
                                    request.retry_cap, RetryPolicy{}));
    if (request.timeout &&
        (*request.timeout <= Duration::zero() || *request.timeout > max_timeout)) {
        throw Error(Code::invalid_argument, "timeout must be positive and at most 365 days");
    }
    if (request.idempotency_key) {
        check_identifier("idempotency_key", *request.idempotency_key);
    }
    normalise_concurrency(request);
    if (request.quorum) {
        check_quorum(*request.quorum);
    }
    for (auto& dependency : request.depends_on) {
        dependency.on_failure = dependency.on_failure.value_or(request.on_failure);
    }
}

Version required_version(const JobRequest& request) {
    if (!request.needs.empty()) {
        return {1, 2};
    }
    const bool is_new = request.idempotency_key || request.concurrency_key || request.quorum ||
                        std::ranges::any_of(request.depends_on, [](const Dependency& dependency) {
                            return dependency.on_failure != FailurePolicy::cancel;
                        });
    return is_new ? Version{1, 1} : Version{1, 0};
}

RetryPolicy retry_policy(std::optional<int> max_retries, std::optional<Duration> base,
                         std::optional<double> factor, std::optional<Duration> cap,
                         const RetryPolicy& platform) {
    return {.base = base.value_or(platform.base),
            .factor = factor.value_or(platform.factor),
            .cap = cap.value_or(platform.cap),
            .max_retries = max_retries.value_or(platform.max_retries)};
}

}  // namespace ideamine::jobs
