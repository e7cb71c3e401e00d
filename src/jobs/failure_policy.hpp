// What becomes of a job when one that it waits for fails or is cancelled.
#pragma once

#include <string_view>

namespace ideamine::jobs {

enum class FailurePolicy {
    cancel,   // it is cancelled too; the default
    run,      // it runs all the same, with the failure in its context
    blocked,  // it stays blocked
};

// As the SQL type ideamine.failure_policy spells it.
const char* to_string(FailurePolicy policy);

// Throws ID400 for anything else than cancel, run and blocked.
FailurePolicy parse_failure_policy(std::string_view text);

}  // namespace ideamine::jobs
