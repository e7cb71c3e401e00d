#include "workers/lifecycle.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <stdexcept>
#include <string>

namespace ideamine::workers {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr std::array all_statuses{Status::active, Status::draining, Status::degraded,
                                  Status::failed, Status::terminated};
constexpr Time noon{seconds{1'700'000'000}};

TEST(Lifecycle, StatusesAreSpelledAsTheSqlTypeSpellsThem) {
    EXPECT_STREQ(to_string(Status::active), "active");
    EXPECT_STREQ(to_string(Status::draining), "draining");
    EXPECT_STREQ(to_string(Status::degraded), "degraded");
    EXPECT_STREQ(to_string(Status::failed), "failed");
    EXPECT_STREQ(to_string(Status::terminated), "terminated");
}

TEST(Lifecycle, StatusesAreReadBack) {
    for (const Status status : all_statuses) {
        EXPECT_EQ(parse_status(to_string(status)), status);
    }
}

TEST(Lifecycle, OtherStatusesAreRefused) {
    for (const char* text : {"", "Active", "active ", "activ", "stopped"}) {
        EXPECT_THROW(parse_status(text), std::invalid_argument) << text;
    }
}

TEST(Lifecycle, FailedAndTerminatedWorkersHaveEnded) {
    EXPECT_FALSE(has_ended(Status::active));
    EXPECT_FALSE(has_ended(Status::draining));
    EXPECT_FALSE(has_ended(Status::degraded));
    EXPECT_TRUE(has_ended(Status::failed));
    EXPECT_TRUE(has_ended(Status::terminated));
}

TEST(Lifecycle, ActiveAndDegradedWorkersTakeNewJobs) {
    EXPECT_TRUE(may_acquire(Status::active));
    EXPECT_TRUE(may_acquire(Status::degraded));
    EXPECT_FALSE(may_acquire(Status::draining));
    EXPECT_FALSE(may_acquire(Status::failed));
    EXPECT_FALSE(may_acquire(Status::terminated));
}

TEST(Lifecycle, NoWorkerThatHasEndedTakesJobs) {
    for (const Status status : all_statuses) {
        EXPECT_FALSE(has_ended(status) && may_acquire(status)) << to_string(status);
    }
}

TEST(Lifecycle, IsStaleAfterTheTimeoutAndNotAtIt) {
    EXPECT_FALSE(is_stale(noon, noon, 60s));
    EXPECT_FALSE(is_stale(noon, noon + 60s, 60s));
    EXPECT_TRUE(is_stale(noon, noon + 60s + 1us, 60s));
    EXPECT_TRUE(is_stale(noon, noon + 1us, 0s));
}

TEST(Lifecycle, IsNotStaleWhenTheClockStepsBack) {
    EXPECT_FALSE(is_stale(noon, noon - 1us, 0s));
    EXPECT_FALSE(is_stale(noon, noon - 1h, 60s));
    EXPECT_FALSE(is_stale(Time::max(), Time::min(), 60s));
}

TEST(Lifecycle, IsJudgedForTheMostDistantTimes) {
    EXPECT_TRUE(is_stale(Time::min(), Time::max(), 60s));
    EXPECT_TRUE(is_stale(Time::min(), noon, 60s));
    EXPECT_FALSE(is_stale(noon, Time::max(), Duration::max()));
    EXPECT_FALSE(is_stale(Time::max() - 1s, Time::max(), 60s));
}

TEST(Lifecycle, StaysStaleUntilTheNextHeartbeat) {
    for (unsigned seed = 0; seed < 1000; ++seed) {
        std::mt19937_64 random(seed);
        const Duration timeout{static_cast<std::int64_t>(random() % 100'000'000)};
        Time now = noon;
        bool was_stale = false;
        for (int i = 0; i < 100; ++i) {
            now += microseconds{random() % 10'000'000};
            const bool stale = is_stale(noon, now, timeout);
            ASSERT_EQ(stale, now - noon > timeout) << "seed " << seed;
            ASSERT_TRUE(stale || !was_stale) << "seed " << seed;
            ASSERT_FALSE(is_stale(now, now, timeout)) << "seed " << seed;
            was_stale = stale;
        }
    }
}

}  // namespace
}  // namespace ideamine::workers
