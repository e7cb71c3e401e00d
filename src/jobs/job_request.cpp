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
