#include "quota/day.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "zones.hpp"

namespace ideamine::quota {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using namespace std::chrono_literals;

hours length(const Day& day) {
    return std::chrono::duration_cast<hours>(day.end - day.start);
}

TEST(Day, BeginsAtMidnight) {
    EXPECT_EQ(day_of(utc(2026, 11, 21, 13, 5), utc_zone),
              (Day{utc(2026, 11, 21), utc(2026, 11, 22)}));
    EXPECT_EQ(day_of(utc(2026, 11, 21, 18, 14), kathmandu),
              (Day{utc(2026, 11, 20, 18, 15), utc(2026, 11, 21, 18, 15)}));
    EXPECT_EQ(day_of(utc(2026, 11, 21, 18, 15), kathmandu),
              (Day{utc(2026, 11, 21, 18, 15), utc(2026, 11, 22, 18, 15)}));
}

TEST(Day, ItsFirstMomentIsInItAndItsEndIsNot) {
    const auto midnight = utc(2026, 11, 21);
    EXPECT_EQ(day_of(midnight, utc_zone).start, midnight);
    EXPECT_EQ(day_of(midnight - Duration{1}, utc_zone).end, midnight);
}

TEST(Day, MayLieBeforeTheEpoch) {
    EXPECT_EQ(day_of(utc(1969, 12, 31, 23, 59), utc_zone),
              (Day{utc(1969, 12, 31), utc(1970, 1, 1)}));
    EXPECT_EQ(day_of(utc(1900, 1, 1) + Duration{1}, utc_zone),
              (Day{utc(1900, 1, 1), utc(1900, 1, 2)}));
}

TEST(Day, HasTwentyThreeHoursWhereClocksGoForward) {
    const auto day = day_of(utc(2024, 3, 31, 12), berlin);
    EXPECT_EQ(day, (Day{utc(2024, 3, 30, 23), utc(2024, 3, 31, 22)}));
    EXPECT_EQ(length(day), 23h);
    EXPECT_EQ(day_of(utc(2024, 3, 31, 0, 30), berlin), day);
}

TEST(Day, HasTwentyFiveHoursWhereClocksGoBack) {
    const auto day = day_of(utc(2024, 10, 27, 0, 30), berlin);
    EXPECT_EQ(day, (Day{utc(2024, 10, 26, 22), utc(2024, 10, 27, 23)}));
    EXPECT_EQ(length(day), 25h);
    EXPECT_EQ(day_of(utc(2024, 10, 27, 1, 30), berlin), day);
}

// Midnight itself did not happen: the day began at one o'clock.
TEST(Day, BeginsLaterWhereClocksGoForwardOverMidnight) {
    const auto start = utc(2018, 11, 4, 3);
    EXPECT_EQ(day_of(start, sao_paulo), (Day{start, utc(2018, 11, 5, 2)}));
    EXPECT_EQ(day_of(start - Duration{1}, sao_paulo), (Day{utc(2018, 11, 3, 3), start}));
    EXPECT_EQ(day_of(utc(2024, 3, 10, 5), havana).start, utc(2024, 3, 10, 5));
    EXPECT_EQ(length(day_of(utc(2024, 3, 10, 5), havana)), 23h);
}

// The last hour of the day happens twice, and the next day begins after the second time.
TEST(Day, IsLongerWhereClocksGoBackFromMidnight) {
    const Day day{utc(2019, 2, 16, 2), utc(2019, 2, 17, 3)};
    EXPECT_EQ(length(day), 25h);
    EXPECT_EQ(day_of(utc(2019, 2, 17, 1, 59), sao_paulo), day);
    EXPECT_EQ(day_of(utc(2019, 2, 17, 2), sao_paulo), day);
    EXPECT_EQ(day_of(utc(2019, 2, 17, 3), sao_paulo).start, day.end);
}

// The first hour of the day happens twice, and so does midnight: the earlier one counts.
TEST(Day, BeginsAtTheEarlierOfTwoMidnights) {
    const Day day{utc(2023, 11, 5, 4), utc(2023, 11, 6, 5)};
    EXPECT_EQ(length(day), 25h);
    EXPECT_EQ(day_of(utc(2023, 11, 5, 4), havana), day);
    EXPECT_EQ(day_of(utc(2023, 11, 5, 5), havana), day);
    EXPECT_EQ(day_of(utc(2023, 11, 5, 4) - Duration{1}, havana).end, day.start);
}

// The new day has shown a minute when clocks show the old one again for an hour: it goes on.
TEST(Day, GoesOnWhenClocksShowTheDayBeforeOnceMore) {
    const Day day{utc(2010, 11, 7, 2, 30), utc(2010, 11, 8, 3, 30)};
    EXPECT_EQ(day_of(utc(2010, 11, 7, 2, 30), st_johns), day);
    EXPECT_EQ(day_of(utc(2010, 11, 7, 2, 31), st_johns), day);
    EXPECT_EQ(day_of(utc(2010, 11, 7, 3, 29), st_johns), day);
    EXPECT_EQ(day_of(utc(2010, 11, 7, 3, 30), st_johns), day);
    EXPECT_EQ(day_of(utc(2010, 11, 7, 2, 30) - Duration{1}, st_johns),
              (Day{utc(2010, 11, 6, 2, 30), day.start}));
}

TEST(Day, ADateThatIsLeftOutIsNone) {
    const auto end = utc(2011, 12, 30, 10);
    EXPECT_EQ(day_of(end - Duration{1}, apia), (Day{utc(2011, 12, 29, 10), end}));
    EXPECT_EQ(day_of(end, apia), (Day{end, utc(2011, 12, 31, 10)}));
}

TEST(Day, ADateThatComesTwiceIsOne) {
    const Day day{utc(1969, 9, 29, 13), utc(1969, 10, 1, 12)};
    EXPECT_EQ(day_of(utc(1969, 9, 30, 12), kwajalein), day);
    EXPECT_EQ(day_of(utc(1969, 9, 30, 14), kwajalein), day);
    EXPECT_EQ(day_of(utc(1969, 10, 1, 11), kwajalein), day);
}

// ---- any zone ----------------------------------------------------------------------------------

TEST(Day, InAnyZoneDaysAreThoseThatClocksShow) {
    int unusual = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        const auto zone = random_zone(random);
        const auto starts = starts_of_days(zone, beginning - days{8}, ending + days{8});
        for (std::size_t i = 4; i + 5 < starts.size(); ++i) {
            const Day day{starts[i], starts[i + 1]};
            unusual += day.end - day.start != days{1};
            const auto within = day.start + between(random, 0s, 86'400s) % (day.end - day.start);
            for (const auto at : {day.start, day.end - Duration{1}, Time{within}}) {
                ASSERT_EQ(day_of(at, zone), day) << "seed " << seed << ", day " << i;
            }
        }
    }
    EXPECT_GT(unusual, 2000);
}

TEST(Day, InAnyZoneDaysFollowOneAnotherWithoutAGap) {
    for (unsigned seed = 1000; seed < 1100; ++seed) {
        std::mt19937 random(seed);
        const auto zone = random_zone(random);
        for (auto day = day_of(beginning, zone); day.start < ending;) {
            ASSERT_LT(day.start, day.end);
            const auto next = day_of(day.end, zone);
            ASSERT_EQ(next.start, day.end) << "seed " << seed;
            day = next;
        }
    }
}

// ---- another zone ------------------------------------------------------------------------------

TEST(DayOfATenantThatMoved, EndsWhenItWouldHaveAndTheNextOneIsThatOfTheNewZone) {
    const auto since = utc(2026, 11, 22);
    EXPECT_EQ(day_of(utc(2026, 11, 21, 12), tokyo, since, utc_zone, Time::min()),
              (Day{utc(2026, 11, 21), since}));
    EXPECT_EQ(day_of(since - Duration{1}, tokyo, since, utc_zone, Time::min()),
              (Day{utc(2026, 11, 21), since}));
    EXPECT_EQ(day_of(since, tokyo, since, utc_zone, Time::min()),
              (Day{since, utc(2026, 11, 22, 15)}));
    EXPECT_EQ(day_of(utc(2026, 11, 22, 15), tokyo, since, utc_zone, Time::min()),
              (Day{utc(2026, 11, 22, 15), utc(2026, 11, 23, 15)}));
}

TEST(DayOfATenantThatMoved, BeforeThatItHadTheDaysOfTheOldZone) {
    const auto since = utc(2026, 11, 22);
    EXPECT_EQ(day_of(utc(2026, 11, 19, 12), tokyo, since, utc_zone, Time::min()),
              (Day{utc(2026, 11, 19), utc(2026, 11, 20)}));
}

// On the first day in Tokyo, which began in the morning there, it moves on.
TEST(DayOfATenantThatMoved, MayMoveAgainOnTheNextDay) {
    const auto first = utc(2026, 11, 22);
    const auto second = utc(2026, 11, 22, 15);
    const auto move = [&](Time at) { return day_of(at, honolulu, second, tokyo, first); };
    EXPECT_EQ(move(first), (Day{first, second}));
    EXPECT_EQ(move(second - Duration{1}), (Day{first, second}));
    EXPECT_EQ(move(second), (Day{second, utc(2026, 11, 23, 10)}));
    EXPECT_EQ(move(first - Duration{1}).end, first);
}

TEST(DayOfATenantThatMoved, NoDayIsBegunTwice) {
    for (const auto* to : {&tokyo, &honolulu, &kathmandu, &berlin, &sao_paulo, &apia}) {
        for (const auto* from : {&utc_zone, &tokyo, &honolulu, &havana, &st_johns}) {
            const auto since = day_of(utc(2026, 11, 21, 12), *from).end;
            auto day = day_of(utc(2026, 11, 18), *to, since, *from, Time::min());
            while (day.start < utc(2026, 11, 26)) {
                ASSERT_LT(day.start, day.end);
                for (const auto at : {day.start, day.end - Duration{1}}) {
                    ASSERT_EQ(day_of(at, *to, since, *from, Time::min()), day);
                }
                const auto next = day_of(day.end, *to, since, *from, Time::min());
                ASSERT_EQ(next.start, day.end);
                day = next;
            }
        }
    }
}

}  // namespace
}  // namespace ideamine::quota
