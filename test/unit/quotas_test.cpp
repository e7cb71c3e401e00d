#include "quota/quotas.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ideamine::quota {
namespace {

using admission::Limits;
using admission::unlimited;
using namespace std::chrono_literals;

__extension__ using Wide = __int128;

constexpr Amount most = unlimited - 1;  // the largest limit that is one

std::size_t at(Resource resource) {
    return static_cast<std::size_t>(resource);
}

Quotas all_limits(Amount limit) {
    Quotas quotas;
    quotas.limits.fill(limit);
    return quotas;
}

Limits limits_of(const Quotas& quotas, Resource resource) {
    return rules_of(quotas).limits[at(resource)];
}

TEST(Tier, GivesLimitsInTheSmallestUnits) {
    const auto free = tier_quotas("free").limits;
    EXPECT_EQ(free[at(Resource::cpu)], 2'000);
    EXPECT_EQ(free[at(Resource::memory)], 4'000'000'000);
    EXPECT_EQ(free[at(Resource::storage)], 10'000'000'000);
    EXPECT_EQ(free[at(Resource::tokens)], 100'000);
    EXPECT_EQ(free[at(Resource::cost)], 1'000'000'000);
    EXPECT_EQ(free[at(Resource::gpu)], 0);
    EXPECT_EQ(free[at(Resource::concurrent_runs)], 100);
}

TEST(Tier, AHigherOneNeverGivesLess) {
    const std::array<std::string_view, 4> tiers{"free", "standard", "premium", "enterprise"};
    for (std::size_t i = 1; i < tiers.size(); ++i) {
        for (const auto resource : resources) {
            EXPECT_LT(tier_quotas(tiers[i - 1]).limits[at(resource)],
                      tier_quotas(tiers[i]).limits[at(resource)])
                << tiers[i] << ' ' << to_string(resource);
        }
    }
}

TEST(Tier, EnterpriseHasNoLimit) {
    for (const auto resource : resources) {
        const auto limits = limits_of(tier_quotas("enterprise"), resource);
        EXPECT_EQ(limits.limit, unlimited);
        EXPECT_EQ(limits.throttle_at, unlimited);
    }
}

TEST(Tier, TheRestIsWhatIsPromisedByDefault) {
    for (const auto* tier : {"free", "standard", "premium", "enterprise"}) {
        const auto quotas = tier_quotas(tier);
        EXPECT_EQ(quotas.burst_percent, 20);
        EXPECT_EQ(quotas.burst_time, 300s);
        EXPECT_TRUE(quotas.throttle_enabled);
        EXPECT_EQ(quotas.throttle_threshold, 0.9);
        EXPECT_EQ(quotas.time_zone, "UTC");
    }
}

TEST(Rules, OnlyCpuAndMemoryBurst) {
    for (const auto resource : resources) {
        const auto limits = limits_of(all_limits(1000), resource);
        const bool bursts = resource == Resource::cpu || resource == Resource::memory;
        EXPECT_EQ(limits.burst, bursts ? 200 : 0) << to_string(resource);
        EXPECT_EQ(limits.burst_time, bursts ? 300s : 0s) << to_string(resource);
    }
}

TEST(Rules, OnlyStorageNeverThrottles) {
    for (const auto resource : resources) {
        EXPECT_EQ(limits_of(all_limits(1000), resource).throttle_at,
                  resource == Resource::storage ? unlimited : 900)
            << to_string(resource);
    }
}

TEST(Rules, NothingThrottlesWhereThatIsSwitchedOff) {
    auto quotas = all_limits(1000);
    quotas.throttle_enabled = false;
    for (const auto resource : resources) {
        EXPECT_EQ(limits_of(quotas, resource).throttle_at, unlimited);
    }
}

TEST(Rules, TokensAndCostAreCountedPerDayAndThrottleOnceADay) {
    const auto rules = rules_of(all_limits(1000));
    for (const auto resource : resources) {
        const bool per_day = resource == Resource::tokens || resource == Resource::cost;
        EXPECT_EQ((rules.windowed >> index_of(resource) & 1) != 0, per_day);
        EXPECT_EQ(rules.limits[at(resource)].throttle_once, per_day);
    }
    EXPECT_EQ(rules.throttle_time, 5min);
}

TEST(Rules, ALimitOfZeroHasNoBurstAndNothingToCross) {
    const auto limits = limits_of(all_limits(0), Resource::cpu);
    EXPECT_EQ(limits.limit, 0);
    EXPECT_EQ(limits.burst, 0);
    EXPECT_FALSE(admission::crosses(limits, {}, 1));
}

TEST(Rules, WithoutALimitThereIsNothingToCross) {
    const auto limits = limits_of(all_limits(unlimited), Resource::cpu);
    EXPECT_FALSE(admission::crosses(limits, {}, most));
}

// The largest whole number that is not above so many percent of the limit.
TEST(Rules, BurstIsExactForEveryLimitAndPercentage) {
    std::mt19937_64 random(20261121);
    for (int i = 0; i < 200'000; ++i) {
        auto quotas = all_limits(static_cast<Amount>(random() >> 1 >> (random() % 63)));
        quotas.burst_percent = static_cast<int>(random() % 1001);
        const auto limit = std::min(quotas.limits[0], most);
        quotas.limits.fill(limit);
        const auto exact = static_cast<Wide>(limit) * quotas.burst_percent / 100;
        const auto burst = limits_of(quotas, Resource::memory).burst;
        ASSERT_EQ(burst, static_cast<Amount>(std::min<Wide>(exact, unlimited)))
            << limit << " and " << quotas.burst_percent << " %";
    }
}

TEST(Rules, BurstDoesNotOverflowAtTheEndOfTheRange) {
    for (const int percent : {100, 101, 200, 1000}) {
        auto quotas = all_limits(most);
        quotas.burst_percent = percent;
        EXPECT_GE(limits_of(quotas, Resource::memory).burst, most) << percent;
    }
}

// The first amount that is that part of the limit: one less is below it.
TEST(Rules, TheThresholdIsExactForEveryLimit) {
    std::mt19937_64 random(20261121);
    for (int i = 0; i < 200'000; ++i) {
        const auto limit = static_cast<Amount>(random() >> 1 >> (random() % 63));
        const auto millionths = static_cast<Amount>(1 + random() % 1'000'000);
        auto quotas = all_limits(std::min(limit, most));
        quotas.throttle_threshold = static_cast<double>(millionths) / 1e6;
        const auto exact = (static_cast<Wide>(quotas.limits[0]) * millionths + 999'999) / 1'000'000;
        ASSERT_EQ(limits_of(quotas, Resource::tokens).throttle_at, static_cast<Amount>(exact))
            << limit << " and " << millionths;
    }
}

TEST(Rules, TheThresholdOfAllIsTheLimit) {
    for (const Amount limit : {Amount{1}, Amount{7}, Amount{1'000'000'007}, most}) {
        auto quotas = all_limits(limit);
        quotas.throttle_threshold = 1;
        EXPECT_EQ(limits_of(quotas, Resource::gpu).throttle_at, limit);
    }
}

TEST(Rules, ASmallThresholdIsStillOne) {
    for (const double threshold : {1e-6, 1e-7, 1e-9, 1e-300}) {
        auto quotas = all_limits(1000);
        quotas.throttle_threshold = threshold;
        const auto limits = limits_of(quotas, Resource::gpu);
        EXPECT_TRUE(admission::crosses(limits, {}, 1)) << threshold;
    }
}

TEST(Rules, TheWindowIsTheCallersToSet) {
    const auto rules = rules_of(all_limits(1));
    EXPECT_EQ(rules.window_start, Time::min());
    EXPECT_EQ(rules.window_end, Time::max());
    EXPECT_EQ(rules.throttled_until, Time::min());
}

}  // namespace
}  // namespace ideamine::quota
