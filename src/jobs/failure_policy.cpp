#include "jobs/failure_policy.hpp"

#include <array>
#include <cstddef>

#include "ideamine/error.hpp"

namespace ideamine::jobs {

namespace {

constexpr std::array<const char*, 3> names{"cancel", "run", "blocked"};

}  // namespace

const char* to_string(FailurePolicy policy) {
    return names[static_cast<std::size_t>(policy)];
}

FailurePolicy parse_failure_policy(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (text == names[i]) {
            return static_cast<FailurePolicy>(i);
        }
    }
    throw Error(Code::invalid_argument, "invalid failure policy", "",
                "on_failure is cancel, run or blocked.");
}

}  // namespace ideamine::jobs
