#include "jobs/batch_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ideamine::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const auto outside = Uuid{{1}};
const auto outside_text = to_string(outside);

JobRequest job(std::string key, std::vector<Dependency> depends_on = {}) {
    JobRequest request;
    request.key = std::move(key);
    request.depends_on = std::move(depends_on);
    return request;
}

BatchPlan plan(const std::vector<JobRequest>& requests) {
    std::vector<const JobRequest*> pointers;
    for (const auto& request : requests) {
        pointers.push_back(&request);
    }
    return plan_batch(pointers, [](std::uint32_t position, const Error& error) {
        return error.within("job " + std::to_string(position + 1));
    });
}

std::string refusal(const std::vector<JobRequest>& requests) {
    try {
        plan(requests);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::invalid_graph);
        return error.message();
    }
    return "accepted";
}

TEST(BatchPlan, TellsEdgesWithinTheCallFromThoseToTheOutside) {
    const auto planned =
        plan({job("a"), job("b", {{"a", FailurePolicy::run}, {outside_text, {}}})});
    EXPECT_THAT(planned.edges, ElementsAre(Edge{1, 0}));
    EXPECT_THAT(planned.policies, ElementsAre(FailurePolicy::run));
    ASSERT_EQ(planned.parents.size(), 1U);
    EXPECT_EQ(planned.parents.at(outside).dependents.front().job, 1U);
    EXPECT_EQ(planned.parents.at(outside).dependents.front().on_failure, FailurePolicy::cancel);
}

TEST(BatchPlan, RefusesWhatIsNoGraphAndNamesTheJob) {
    EXPECT_THAT(refusal({job("a"), job("a")}), HasSubstr("job 2: key \"a\" is used twice"));
    EXPECT_THAT(refusal({job("a", {{"b", {}}})}), HasSubstr("job 1: unknown dependency \"b\""));
    EXPECT_THAT(refusal({job("", {{outside_text, {}}, {outside_text, {}}})}),
                HasSubstr("is named twice"));
    EXPECT_NE(refusal({job("a", {{"b", {}}}), job("b", {{"a", {}}})}), "accepted");
}

TEST(BatchPlan, LeavesOutWhatExistsAlready) {
    // c waits for b, b for a; b is there already under another id
    auto planned = plan({job("a"), job("b", {{"a", {}}}), job("c", {{"b", FailurePolicy::run}})});
    leave_out_existing(planned, {std::nullopt, outside, std::nullopt});
    EXPECT_TRUE(planned.edges.empty());
    ASSERT_EQ(planned.parents.size(), 1U);
    ASSERT_EQ(planned.parents.at(outside).dependents.size(), 1U);
    EXPECT_EQ(planned.parents.at(outside).dependents.front().job, 2U);
    EXPECT_EQ(planned.parents.at(outside).dependents.front().on_failure, FailurePolicy::run);
}

TEST(BatchPlan, BeginsAsThePoliciesSayWhenAParentHasFailed) {
    auto planned = plan({job("cancel", {{outside_text, FailurePolicy::cancel}}),
                         job("run", {{outside_text, FailurePolicy::run}}),
                         job("blocked", {{outside_text, FailurePolicy::blocked}}),
                         job("after cancel", {{"cancel", FailurePolicy::cancel}}),
                         job("run after cancel", {{"cancel", FailurePolicy::run}})});
    planned.parents.at(outside).status = "failed";
    const auto beginnings = begin_batch(planned, 5);
    EXPECT_THAT(beginnings.doomed, ElementsAre(true, false, false, true, false));
    EXPECT_THAT(beginnings.after_failure, ElementsAre(false, true, false, false, true));
    EXPECT_EQ(beginnings.open[1], 0);
    EXPECT_EQ(beginnings.open[2], 1);
    EXPECT_EQ(beginnings.open[4], 0);
    EXPECT_EQ(beginnings.dependents[0], 2);
}

TEST(BatchPlan, WaitsForAParentThatRunsAndNotForOneThatIsCompleted) {
    for (const auto& [status, open] : {std::pair{"running", 1}, std::pair{"completed", 0}}) {
        auto planned = plan({job("a", {{outside_text, {}}})});
        planned.parents.at(outside).status = status;
        EXPECT_EQ(begin_batch(planned, 1).open[0], open) << status;
    }
}

// Without failures, each job waits for as many jobs as it names, and each edge has two ends.
TEST(BatchPlan, CountsEveryEdgeTwice) {
    std::mt19937 random{20261121};
    for (int run = 0; run < 200; ++run) {
        const auto count = 1 + random() % 30;
        std::vector<JobRequest> requests;
        std::int32_t edges = 0;
        for (std::size_t i = 0; i < count; ++i) {
            requests.push_back(job("j" + std::to_string(i)));
            for (std::size_t j = 0; j < i; ++j) {
                if (random() % 3 == 0) {
                    requests.back().depends_on.push_back({"j" + std::to_string(j), {}});
                    ++edges;
                }
            }
        }
        const auto beginnings = begin_batch(plan(requests), count);
        std::int32_t open = 0;
        std::int32_t dependents = 0;
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(beginnings.open[i], static_cast<std::int32_t>(requests[i].depends_on.size()));
            open += beginnings.open[i];
            dependents += beginnings.dependents[i];
        }
        EXPECT_EQ(open, edges);
        EXPECT_EQ(dependents, edges);
    }
}

}  // namespace
}  // namespace ideamine::jobs
