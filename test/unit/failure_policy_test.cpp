#include "jobs/failure_policy.hpp"

#include <gtest/gtest.h>

#include "ideamine/error.hpp"

namespace ideamine::jobs {
namespace {

TEST(FailurePolicy, IsReadAsItIsSpelt) {
    for (const auto policy : {FailurePolicy::cancel, FailurePolicy::run, FailurePolicy::blocked}) {
        EXPECT_EQ(parse_failure_policy(to_string(policy)), policy);
    }
    EXPECT_STREQ(to_string(FailurePolicy::run), "run");
}

TEST(FailurePolicy, RefusesEverythingElse) {
    for (const auto* text : {"", "Cancel", "cancel ", "ignore"}) {
        EXPECT_THROW(parse_failure_policy(text), Error) << text;
    }
}

}  // namespace
}  // namespace ideamine::jobs
