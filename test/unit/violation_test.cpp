#include "quota/violation.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace ideamine::quota {
namespace {

using admission::Amount;
using admission::Limits;
using admission::unlimited;
using admission::Usage;

__extension__ using Wide = __int128;

// As the promise says it, in numbers that do not overflow: up to 10 % low, 25 % medium, 50 % high.
Severity expected(Amount overage, Amount limit) {
    const auto hundredfold = static_cast<Wide>(overage) * 100;
    if (hundredfold <= static_cast<Wide>(limit) * 10) {
        return Severity::low;
    }
    if (hundredfold <= static_cast<Wide>(limit) * 25) {
        return Severity::medium;
    }
    return hundredfold <= static_cast<Wide>(limit) * 50 ? Severity::high : Severity::critical;
}

TEST(Severity, GrowsAtTenTwentyFiveAndFiftyPercent) {
    EXPECT_EQ(severity_of(0, 100), Severity::low);
    EXPECT_EQ(severity_of(10, 100), Severity::low);
    EXPECT_EQ(severity_of(11, 100), Severity::medium);
    EXPECT_EQ(severity_of(25, 100), Severity::medium);
    EXPECT_EQ(severity_of(26, 100), Severity::high);
    EXPECT_EQ(severity_of(50, 100), Severity::high);
    EXPECT_EQ(severity_of(51, 100), Severity::critical);
    EXPECT_EQ(severity_of(1'000'000, 100), Severity::critical);
}

TEST(Severity, OfALimitOfZeroIsCriticalUnlessNothingPassesIt) {
    EXPECT_EQ(severity_of(1, 0), Severity::critical);
    EXPECT_EQ(severity_of(unlimited, 0), Severity::critical);
    EXPECT_EQ(severity_of(0, 0), Severity::low);
}

TEST(Severity, IsExactForAllSmallNumbers) {
    for (Amount limit = 0; limit <= 210; ++limit) {
        for (Amount overage = 0; overage <= 210; ++overage) {
            ASSERT_EQ(severity_of(overage, limit), expected(overage, limit))
                << overage << " over " << limit;
        }
    }
}

TEST(Severity, IsExactAtTheEndsOfTheRange) {
    std::mt19937_64 random(20261121);
    for (int i = 0; i < 100'000; ++i) {
        const auto limit = static_cast<Amount>(random() >> 1 >> (random() % 60));
        for (const Amount part : {10, 4, 2}) {
            for (const Amount off : {-1, 0, 1}) {
                const auto overage = limit / part + off;
                if (overage >= 0) {
                    ASSERT_EQ(severity_of(overage, limit), expected(overage, limit))
                        << overage << " over " << limit;
                }
            }
        }
    }
    EXPECT_EQ(severity_of(unlimited, unlimited), Severity::critical);
    EXPECT_EQ(severity_of(unlimited, 1), Severity::critical);
    EXPECT_EQ(severity_of(1, unlimited), Severity::low);
}

TEST(Overage, IsWhatWouldPassTheLimit) {
    const Limits limits{.limit = 100};
    EXPECT_EQ(overage_of(limits, {.settled = 90}, 10), 0);
    EXPECT_EQ(overage_of(limits, {.settled = 90}, 11), 1);
    EXPECT_EQ(overage_of(limits, {.settled = 30, .leased = 30, .held = 30}, 25), 15);
    EXPECT_EQ(overage_of(limits, {.settled = 130}, 0), 30);
    EXPECT_EQ(overage_of({.limit = 0}, {}, 7), 7);
}

// What is being given back counts until that is certain.
TEST(Overage, CountsWhatIsBeingReleased) {
    EXPECT_EQ(overage_of({.limit = 100}, {.settled = 100, .releasing = 100}, 1), 1);
}

TEST(Overage, IsNeverNegativeAndDoesNotOverflow) {
    EXPECT_EQ(overage_of({.limit = 100}, {}, 1), 0);
    EXPECT_EQ(overage_of({.limit = unlimited}, {.settled = unlimited}, unlimited), 0);
    EXPECT_EQ(overage_of({.limit = 0}, {.settled = unlimited}, unlimited), unlimited);
    EXPECT_EQ(overage_of({.limit = 1}, {.settled = unlimited, .held = unlimited}, 1),
              unlimited - 1);
}

TEST(Violation, IsSpelledAsTheSqlTypesSpellIt) {
    EXPECT_EQ(to_string(Action::throttle), "throttle");
    EXPECT_EQ(to_string(Action::pause), "pause");
    EXPECT_EQ(to_string(Action::alert), "alert");
    EXPECT_EQ(to_string(Action::reject), "reject");
    EXPECT_EQ(to_string(Action::burst_allowed), "burst_allowed");
    EXPECT_EQ(to_string(Severity::low), "low");
    EXPECT_EQ(to_string(Severity::medium), "medium");
    EXPECT_EQ(to_string(Severity::high), "high");
    EXPECT_EQ(to_string(Severity::critical), "critical");
}

}  // namespace
}  // namespace ideamine::quota
