#include "admission/counter.hpp"

#include <gtest/gtest.h>

namespace ideamine::admission {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{std::chrono::seconds{1'700'000'000}};
constexpr Amount most = unlimited - 1;  // the largest limit that is one

Refusal refusal(const Limits& limits, const Usage& usage, Amount asked, Time now = noon) {
    return judge(limits, usage, asked, false, now).refusal;
}

TEST(Counter, AdmitsUpToTheLimitAndNotOneMore) {
    const Limits limits{.limit = 10};
    EXPECT_EQ(refusal(limits, {}, 10), Refusal::none);
    EXPECT_EQ(refusal(limits, {}, 11), Refusal::over_limit);
    EXPECT_EQ(refusal(limits, {.settled = 3, .leased = 3, .held = 3}, 1), Refusal::none);
    EXPECT_EQ(refusal(limits, {.settled = 3, .leased = 3, .held = 3}, 2), Refusal::over_limit);
    EXPECT_EQ(refusal({.limit = 0}, {}, 1), Refusal::over_limit);
}

TEST(Counter, WhatIsBeingGivenBackCountsUntilThatIsCertain) {
    EXPECT_EQ(refusal({.limit = 10}, {.settled = 10, .releasing = 10}, 1), Refusal::over_limit);
}

TEST(Counter, AThrottledTenantIsRefusedWhateverItAsksFor) {
    EXPECT_EQ(judge({.limit = 10}, {}, 1, true, noon).refusal, Refusal::throttled);
    EXPECT_EQ(judge({.limit = 10}, {}, 11, true, noon).refusal, Refusal::throttled);
    EXPECT_EQ(judge({}, {}, 1, true, noon).refusal, Refusal::throttled);
}

TEST(Counter, ARefusalNeitherBurstsNorCrosses) {
    const Limits limits{.limit = 10, .burst = 2, .burst_time = 1s, .throttle_at = 9};
    for (const bool throttled : {false, true}) {
        const auto verdict = judge(limits, {}, 13, throttled, noon);
        EXPECT_FALSE(verdict.allowed());
        EXPECT_FALSE(verdict.bursts);
        EXPECT_FALSE(verdict.crosses);
    }
}

TEST(Burst, PassesTheLimitForATimeAndNeverWhatMayBePassed) {
    const Limits limits{.limit = 10, .burst = 2, .burst_time = 300s};
    Usage usage;
    EXPECT_TRUE(judge(limits, usage, 11, false, noon).bursts);
    EXPECT_FALSE(judge(limits, usage, 10, false, noon).bursts);
    EXPECT_EQ(refusal(limits, usage, 13), Refusal::over_limit);
    take(usage, limits, 11, noon);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 300s - Duration{1}), Refusal::none);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 300s), Refusal::burst_spent);
    EXPECT_EQ(refusal(limits, usage, 2, noon), Refusal::over_limit);
}

TEST(Burst, TheTimeRunsSinceTheLimitWasFirstPassed) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 300s};
    Usage usage;
    take(usage, limits, 11, noon);
    take(usage, limits, 1, noon + 200s);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 300s), Refusal::burst_spent);
}

TEST(Burst, MayBeginAnewOnceUsageIsBackUnderTheLimit) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 300s};
    Usage usage;
    take(usage, limits, 12, noon);
    commit_taken(usage, limits, 12, Into::settled);
    commit_released(usage, limits, 1, Into::settled);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 400s), Refusal::burst_spent);
    commit_released(usage, limits, 1, Into::settled);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 400s), Refusal::none);
    take(usage, limits, 1, noon + 400s);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 699s), Refusal::none);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 700s), Refusal::burst_spent);
}

TEST(Burst, ARollbackBringsUsageBackAsWell) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 300s};
    Usage usage;
    take(usage, limits, 12, noon);
    roll_back_taken(usage, limits, 12);
    EXPECT_EQ(refusal(limits, usage, 12, noon + 400s), Refusal::none);
}

// It has been under the limit since that was raised.
TEST(Burst, MayBeginAnewUnderALimitThatWasRaised) {
    const Limits low{.limit = 10, .burst = 2, .burst_time = 300s};
    const Limits high{.limit = 20, .burst = 4, .burst_time = 300s};
    Usage usage;
    take(usage, low, 11, noon);
    EXPECT_EQ(refusal(low, usage, 1, noon + 400s), Refusal::burst_spent);
    EXPECT_EQ(refusal(high, usage, 13, noon + 400s), Refusal::none);
    take(usage, high, 12, noon + 400s);
    EXPECT_EQ(refusal(high, usage, 1, noon + 699s), Refusal::none);
    EXPECT_EQ(refusal(high, usage, 1, noon + 700s), Refusal::burst_spent);
}

TEST(Burst, WithoutTimeThereIsNone) {
    const Limits limits{.limit = 10, .burst = 5};
    Usage usage;
    take(usage, limits, 11, noon);
    EXPECT_EQ(refusal(limits, usage, 1, noon), Refusal::burst_spent);
}

TEST(Burst, OfAnUnknownBeginningIsSpent) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 24h};
    EXPECT_EQ(refusal(limits, {.settled = 11, .burst_since = Time::min()}, 1),
              Refusal::burst_spent);
}

TEST(Threshold, IsCrossedFromBelowOnly) {
    const Limits limits{.limit = 10, .throttle_at = 9};
    EXPECT_FALSE(crosses(limits, {.settled = 5}, 3));
    EXPECT_TRUE(crosses(limits, {.settled = 5}, 4));
    EXPECT_TRUE(crosses(limits, {.settled = 5}, 5));
    EXPECT_FALSE(crosses(limits, {.settled = 9}, 1));
    EXPECT_TRUE(crosses(limits, {.held = 8}, 1));
    EXPECT_TRUE(crosses(limits, {.leased = 8}, 1));
}

TEST(Threshold, IsCrossedAgainAfterUsageHasBeenUnderIt) {
    const Limits limits{.limit = 10, .throttle_at = 9};
    Usage usage;
    take(usage, limits, 9, noon);
    usage.has_throttled = true;
    EXPECT_FALSE(crosses(limits, usage, 1));
    commit_taken(usage, limits, 9, Into::settled);
    commit_released(usage, limits, 1, Into::settled);
    EXPECT_TRUE(crosses(limits, usage, 1));
}

TEST(Threshold, OfAWindowIsCrossedOnce) {
    const Limits limits{.limit = 10, .throttle_at = 9, .throttle_once = true};
    EXPECT_TRUE(crosses(limits, {.settled = 8}, 1));
    EXPECT_FALSE(crosses(limits, {.settled = 8, .has_throttled = true}, 1));
}

TEST(Threshold, IsCrossedByABurstToo) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 1s, .throttle_at = 10};
    const auto verdict = judge(limits, {.settled = 5}, 8, false, noon);
    EXPECT_TRUE(verdict.bursts);
    EXPECT_TRUE(verdict.crosses);
}

TEST(Remaining, IsWhatFitsUnderTheLimit) {
    EXPECT_EQ(remaining({.limit = 10}, {.settled = 1, .leased = 2, .held = 3}), 4);
    EXPECT_EQ(remaining({.limit = 10}, {.settled = 11}), 0);
    EXPECT_EQ(remaining({.limit = 10, .burst = 5}, {.settled = 11}), 0);
    EXPECT_EQ(remaining({}, {.settled = 11}), unlimited);
}

// ---- the end of the range ----------------------------------------------------------------------

TEST(CounterAtTheEndOfTheRange, NothingIsAdmittedThatCannotBeCounted) {
    for (const Amount limit : {most, unlimited}) {
        const Limits limits{.limit = limit};
        EXPECT_EQ(refusal(limits, {}, most), Refusal::none);
        EXPECT_EQ(refusal(limits, {.settled = most}, most), Refusal::over_limit);
        EXPECT_EQ(refusal(limits, {.settled = most - 1, .leased = 1}, 2), Refusal::over_limit);
        EXPECT_EQ(refusal(limits, {.settled = most - 2, .held = 1}, 1), Refusal::none);
    }
}

TEST(CounterAtTheEndOfTheRange, ALimitWithItsBurstDoesNotOverflow) {
    const Limits limits{.limit = most, .burst = most, .burst_time = 1s};
    EXPECT_EQ(refusal(limits, {}, most), Refusal::none);
    EXPECT_EQ(refusal(limits, {.settled = most - 1}, 1), Refusal::none);
    EXPECT_EQ(refusal(limits, {.settled = most - 1}, 2), Refusal::over_limit);
}

TEST(CounterAtTheEndOfTheRange, TheTimeOfABurstDoesNotOverflow) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = Duration::max()};
    Usage usage;
    take(usage, limits, 11, noon);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 24h * 36'500), Refusal::none);
}

}  // namespace
}  // namespace ideamine::admission
