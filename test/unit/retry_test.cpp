#include "jobs/retry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "ideamine/error.hpp"

namespace ideamine::jobs {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Property;
using testing::Throws;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int largest_int = std::numeric_limits<int>::max();
const double largest_jitter = std::nextafter(1.0, 0.0);

RetryPolicy random_policy(std::mt19937_64& random) {
    const auto up_to = [&random](Duration limit) {
        // Most real settings are short, so their sizes are spread over the orders of magnitude.
        const auto shift = random() % 44;
        return Duration{static_cast<std::int64_t>(random() % (limit.count() + 1)) >> shift};
    };
    RetryPolicy policy;
    policy.base = up_to(max_retry_base);
    policy.cap = up_to(max_retry_cap);
    policy.factor = 1.0 + std::uniform_real_distribution(0.0, 99.0)(random);
    policy.max_retries = static_cast<int>(random() % (max_retry_count + 1));
    return policy;
}

TEST(Retry, DefaultsAreThoseOfTheSpecification) {
    const RetryPolicy policy;
    EXPECT_EQ(policy.base, 1'000ms);
    EXPECT_EQ(policy.factor, 2.0);
    EXPECT_EQ(policy.cap, 60'000ms);
    EXPECT_EQ(policy.max_retries, 5);
}

TEST(Retry, DoublesFromOneSecondToTheCapOfAMinute) {
    const std::vector<seconds> expected{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
    for (int retry = 0; retry < static_cast<int>(expected.size()); ++retry) {
        EXPECT_EQ(retry_delay({}, retry, 0.0), expected[static_cast<std::size_t>(retry)]) << retry;
    }
    EXPECT_EQ(retry_delay({}, 1000, 0.0), 60s);
}

TEST(Retry, FollowsTheFormulaWithOtherSettings) {
    const RetryPolicy policy{.base = 100ms, .factor = 1.5, .cap = 1s};
    EXPECT_EQ(retry_delay(policy, 0, 0.0), 100ms);
    EXPECT_EQ(retry_delay(policy, 1, 0.0), 150ms);
    EXPECT_EQ(retry_delay(policy, 2, 0.0), 225ms);
    EXPECT_EQ(retry_delay(policy, 2, 0.5), 275ms);
    EXPECT_EQ(retry_delay(policy, 6, 0.0), 1s);
}

TEST(Retry, AddsJitterOfLessThanTheBase) {
    EXPECT_EQ(retry_delay({}, 0, 0.25), 1'250ms);
    EXPECT_EQ(retry_delay({}, 3, 0.25), 8'250ms);
    EXPECT_EQ(retry_delay({}, 3, largest_jitter), 9s - 1us);
}

TEST(Retry, AddsJitterBeforeTheCap) {
    const RetryPolicy policy{.cap = milliseconds{4'100}};
    EXPECT_EQ(retry_delay(policy, 2, 0.05), 4'050ms);
    EXPECT_EQ(retry_delay(policy, 2, 0.5), 4'100ms);
    EXPECT_EQ(retry_delay({}, 6, 0.999), 60s);
}

TEST(Retry, NeverExceedsTheCapNorFallsBelowTheBackoff) {
    for (unsigned seed = 0; seed < 20'000; ++seed) {
        std::mt19937_64 random(seed);
        const RetryPolicy policy = random_policy(random);
        const int retry = static_cast<int>(random() % 1001);
        const double jitter = std::uniform_real_distribution(0.0, 1.0)(random);
        const Duration plain = retry_delay(policy, retry, 0.0);
        const Duration delay = retry_delay(policy, retry, jitter);
        ASSERT_LE(delay, policy.cap) << "seed " << seed;
        ASSERT_GE(delay, plain) << "seed " << seed;
        ASSERT_GE(plain, std::min(policy.base, policy.cap)) << "seed " << seed;
        if (policy.base > Duration::zero()) {
            ASSERT_LT(delay - plain, policy.base) << "seed " << seed;
        }
    }
}

TEST(Retry, GrowsWithEveryRetryUntilTheCap) {
    for (unsigned seed = 0; seed < 500; ++seed) {
        std::mt19937_64 random(seed);
        const RetryPolicy policy = random_policy(random);
        for (int retry = 0; retry < 200; ++retry) {
            ASSERT_LE(retry_delay(policy, retry, 0.0), retry_delay(policy, retry + 1, 0.0))
                << "seed " << seed << ", retry " << retry;
        }
    }
}

TEST(Retry, GivesTheCapWhereThePowerIsHuge) {
    EXPECT_EQ(retry_delay({.factor = 100.0}, 1000, 0.5), 60s);
    EXPECT_EQ(retry_delay({.factor = 100.0}, largest_int, 0.5), 60s);
    EXPECT_EQ(retry_delay({.factor = 1e300, .cap = days{365}}, largest_int, 0.5), days{365});
    EXPECT_EQ(retry_delay({.factor = infinity}, 1, 0.0), 60s);
    EXPECT_EQ(retry_delay({.cap = Duration::max()}, largest_int, 0.0), Duration::max());
}

TEST(Retry, WithAFactorOfOneAllRetriesWaitTheBase) {
    const RetryPolicy policy{.factor = 1.0};
    EXPECT_EQ(retry_delay(policy, 1, 0.0), 1s);
    EXPECT_EQ(retry_delay(policy, largest_int, 0.0), 1s);
}

TEST(Retry, WithoutABaseNothingWaits) {
    const RetryPolicy policy{.base = 0s, .factor = 100.0};
    EXPECT_EQ(retry_delay(policy, 0, 0.9), 0s);
    EXPECT_EQ(retry_delay(policy, largest_int, 0.9), 0s);
    EXPECT_EQ(retry_delay({.cap = 0s}, 3, 0.9), 0s);
}

TEST(Retry, StaysWithinTheCapWhateverTheArguments) {
    const std::vector<Duration> durations{Duration::min(), -1us, 0us, 1us, 1s, Duration::max()};
    const std::vector<double> numbers{-infinity, -1.0, 0.0,  0.5,      1.0, largest_jitter,
                                      2.0,       100., 1e18, infinity, nan};
    const std::vector<int> retries{std::numeric_limits<int>::min(), -1, 0, 1, 5, largest_int};
    for (const Duration base : durations) {
        for (const Duration cap : durations) {
            for (const double factor : numbers) {
                for (const double jitter : numbers) {
                    for (const int retry : retries) {
                        const Duration delay = retry_delay(
                            {.base = base, .factor = factor, .cap = cap}, retry, jitter);
                        ASSERT_GE(delay, Duration::zero());
                        ASSERT_LE(delay, std::max(cap, Duration::zero()));
                    }
                }
            }
        }
    }
}

TEST(Retry, FiveRetriesMakeSixAttempts) {
    for (int attempt = 1; attempt <= 5; ++attempt) {
        EXPECT_TRUE(may_retry({}, attempt)) << attempt;
    }
    EXPECT_FALSE(may_retry({}, 6));
    EXPECT_FALSE(may_retry({}, largest_int));
}

TEST(Retry, WithoutRetriesTheFirstAttemptIsTheLast) {
    EXPECT_FALSE(may_retry({.max_retries = 0}, 1));
}

TEST(Retry, AcceptsPoliciesUpToTheEndsOfTheirRanges) {
    check_retry_policy({});
    check_retry_policy({.base = 0s, .factor = 1.0, .cap = 0s, .max_retries = 0});
    check_retry_policy({.base = days{1}, .factor = 100.0, .cap = days{365}, .max_retries = 1000});
}

TEST(Retry, RefusesPoliciesOutsideTheirRangesByName) {
    const auto expect_refused = [](const RetryPolicy& policy, const std::string& message) {
        EXPECT_THAT([&policy] { check_retry_policy(policy); },
                    Throws<Error>(AllOf(Property(&Error::code, Code::invalid_argument),
                                        Property(&Error::message, message))));
    };
    const std::string base = "retry_base must be between 0 and 1 day";
    expect_refused({.base = -1us}, base);
    expect_refused({.base = days{1} + 1us}, base);
    const std::string factor = "retry_factor must be between 1 and 100";
    expect_refused({.factor = std::nextafter(1.0, 0.0)}, factor);
    expect_refused({.factor = std::nextafter(100.0, 101.0)}, factor);
    expect_refused({.factor = nan}, factor);
    expect_refused({.factor = infinity}, factor);
    const std::string cap = "retry_cap must be between 0 and 365 days";
    expect_refused({.cap = -1us}, cap);
    expect_refused({.cap = days{365} + 1us}, cap);
    const std::string retries = "max_retries must be between 0 and 1000";
    expect_refused({.max_retries = -1}, retries);
    expect_refused({.max_retries = 1001}, retries);
}

}  // namespace
}  // namespace ideamine::jobs
