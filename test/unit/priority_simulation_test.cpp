// The rules of priorities, aging, giving way and budgets together, over hours of random jobs.
#include <gtest/gtest.h>

#include "simulation.hpp"

namespace ideamine::priority {
namespace {

constexpr unsigned seeds = 40;

TEST(PrioritySimulation, NoRuleIsBrokenInHoursUnderPressure) {
    Tally all;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        Simulation simulation{seed};
        ASSERT_EQ(simulation.run(), "") << "seed " << seed;
        const auto& tally = simulation.tally();
        EXPECT_GT(tally.preempted, 0) << "seed " << seed;
        EXPECT_GT(tally.resumed, 0) << "seed " << seed;
        all.preempted += tally.preempted;
        all.failed += tally.failed;
        all.spared += tally.spared;
        all.closed += tally.closed;
        all.paused += tally.paused;
        all.claimed_held += tally.claimed_held;
    }
    // all of it was reached
    EXPECT_GT(all.preempted, 1000);
    EXPECT_GT(all.claimed_held, 1000);
    EXPECT_GT(all.failed, 0);
    EXPECT_GT(all.spared, 0);
    EXPECT_GT(all.closed, 0);
    EXPECT_GT(all.paused, 0);
}

}  // namespace
}  // namespace ideamine::priority
