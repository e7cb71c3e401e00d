// Classes that waiting raises.
#include <gmock/gmock.h>

#include <random>
#include <set>

#include "dispatch/aging.hpp"
#include "plane_fixture.hpp"

namespace ideamine::dispatch {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

class PlaneAgingTest : public PlaneTest {
  protected:
    std::size_t age(Duration at, Duration interval) {
        return plane_.age(Time{at}, interval, 0, state_.tenants.size());
    }
};

TEST_F(PlaneAgingTest, WhoHasWaitedForAnIntervalGoesWithTheNextClass) {
    append({.priority_class = 3}, {1});
    append({.priority_class = 2}, {500});
    EXPECT_EQ(age(1'000us, 1'000us), 0U);
    EXPECT_EQ(age(1'001us, 1'000us), 1U);
    EXPECT_THAT(numbers(take(2)), ElementsAre(1, 500));
}

TEST_F(PlaneAgingTest, ByTwoClassesAfterTwoIntervalsAndNeverToTheHighest) {
    append({.priority_class = 3}, {1});
    append({.priority_class = 0}, {900});
    append({.priority_class = 1}, {800});
    age(1'000'000us, 100us);
    EXPECT_THAT(numbers(take(3)), ElementsAre(900, 1, 800));
}

TEST_F(PlaneAgingTest, OnlyWhoHasWaitedIsRaised) {
    append({.priority_class = 3}, {1, 950});
    append({.priority_class = 2}, {900});
    age(1'001us, 1'000us);
    EXPECT_THAT(numbers(take(3)), ElementsAre(1, 900, 950));
}

TEST_F(PlaneAgingTest, WhatComesBackStandsWhereItStood) {
    append({.priority_class = 3}, {1, 950});
    append({.priority_class = 2}, {900});
    age(1'001us, 1'000us);
    const auto taken = take(1);
    EXPECT_THAT(numbers(taken), ElementsAre(1));
    put_back(taken);
    EXPECT_THAT(numbers(take(3)), ElementsAre(1, 900, 950));
}

TEST_F(PlaneAgingTest, WithoutAnIntervalNothingIsRaisedAnyMore) {
    append({.priority_class = 3}, {1});
    append({.priority_class = 2}, {500});
    age(1'001us, 1'000us);
    EXPECT_EQ(age(2'000us, 0us), 1U);
    EXPECT_THAT(numbers(take(2)), ElementsAre(500, 1));
}

// One tenant's jobs: what goes first has the highest class by now, and of those is ready longest.
TEST_F(PlaneAgingTest, RandomSequencesAgreeWithTheRule) {
    std::mt19937 random{20'261'123};
    const auto below = [&](int limit) {
        return std::uniform_int_distribution{0, limit - 1}(random);
    };
    std::array<std::set<int>, max_classes> waiting;
    std::map<int, std::uint8_t> class_of;
    int now = 0;
    int aged_at = 0;
    for (int step = 0; step < 20'000; ++step) {
        switch (below(4)) {
            case 0: {
                const auto priority_class = static_cast<std::uint8_t>(below(4));
                now = std::min(now + 1 + below(3), 65'000);
                if (!class_of.contains(now)) {
                    append({.priority_class = priority_class}, {now});
                    waiting[priority_class].insert(now);
                    class_of[now] = priority_class;
                }
                break;
            }
            case 1:
                aged_at = now;
                age(Duration{aged_at}, 50us);
                break;
            default: {
                std::optional<std::pair<std::uint8_t, int>> expected;
                for (std::uint8_t i = 0; i < max_classes; ++i) {
                    if (!waiting[i].empty()) {
                        const auto first = *waiting[i].begin();
                        const std::pair place{aged(i, Duration{aged_at - first}, 50us), first};
                        expected = std::min(expected.value_or(place), place);
                    }
                }
                const auto taken = take(1);
                ASSERT_EQ(!taken.empty(), expected.has_value());
                if (!expected) {
                    break;
                }
                ASSERT_EQ(number(taken.front().item), expected->second) << "step " << step;
                ASSERT_EQ(taken.front().served_as, expected->first);
                if (below(4) == 0) {
                    put_back(taken);
                } else {
                    waiting[class_of[expected->second]].erase(expected->second);
                }
            }
        }
    }
}

}  // namespace
}  // namespace ideamine::dispatch
