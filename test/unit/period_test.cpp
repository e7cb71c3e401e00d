#include "budget/period.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "ideamine/error.hpp"
#include "zones.hpp"

namespace ideamine::budget {
namespace {

using namespace quota;
using std::chrono::days;
using std::chrono::hours;
using testing::AllOf;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

const TableZone kiritimati{14h};
const TableZone baker_island{-12h};
// 2023-10-01: clocks went from midnight to one o'clock.
const TableZone asuncion{-4h, {{utc(2023, 10, 1, 4), -3h}}};

Window month_of(Time at, const Zone& zone) {
    return window_of(Period::month, at, zone);
}

hours length(const Window& window) {
    return std::chrono::duration_cast<hours>(window.end - window.start);
}

TEST(BudgetPeriod, IsReadByItsName) {
    for (const auto period : periods) {
        EXPECT_EQ(parse_period(to_string(period)), period);
        EXPECT_THAT([] { parse_period("week"); },
                    Throws<Error>(
                        AllOf(Property(&Error::code, Code::invalid_argument),
                              Property(&Error::hint, HasSubstr(std::string{to_string(period)})))));
    }
    for (const auto* name : {"", "Day", "months", "day ", "onc"}) {
        EXPECT_THROW(parse_period(name), Error) << name;
    }
}

TEST(BudgetPeriod, OfOnceIsAllTime) {
    for (const auto at : {Time::min(), utc(2026, 11, 21), Time::max()}) {
        EXPECT_EQ(window_of(Period::once, at, berlin), (Window{Time::min(), Time::max()}));
    }
}

TEST(BudgetPeriod, OfADayIsThatDay) {
    const auto at = utc(2024, 3, 31, 12);
    EXPECT_EQ(window_of(Period::day, at, berlin),
              (Window{utc(2024, 3, 30, 23), utc(2024, 3, 31, 22)}));
}

TEST(BudgetPeriod, IsRefusedWhereYearsEnd) {
    for (const auto at : {Time::min(), utc(-32001, 12, 31), utc(32000, 1, 1), Time::max()}) {
        EXPECT_THROW(window_of(Period::day, at, utc_zone), Error);
        EXPECT_THROW(month_of(at, utc_zone), Error);
    }
    EXPECT_EQ(month_of(utc(31999, 12, 31, 23, 59), utc_zone).end, utc(32000, 1, 1));
    EXPECT_EQ(month_of(utc(-32000, 1, 1), utc_zone).start, utc(-32000, 1, 1));
}

TEST(BudgetMonth, IsFromTheFirstToTheNextFirst) {
    EXPECT_EQ(month_of(utc(2026, 11, 21, 13, 5), utc_zone),
              (Window{utc(2026, 11, 1), utc(2026, 12, 1)}));
    EXPECT_EQ(month_of(utc(2026, 12, 31, 23, 59), utc_zone),
              (Window{utc(2026, 12, 1), utc(2027, 1, 1)}));
    EXPECT_EQ(length(month_of(utc(2024, 2, 1), utc_zone)), days{29});
    EXPECT_EQ(length(month_of(utc(2100, 2, 1), utc_zone)), days{28});
    EXPECT_EQ(month_of(utc(1969, 12, 31), utc_zone), (Window{utc(1969, 12, 1), utc(1970, 1, 1)}));
}

TEST(BudgetMonth, BeginsAtMidnightWhereTheTenantIs) {
    const auto start = utc(2026, 11, 30, 18, 15);
    EXPECT_EQ(month_of(start, kathmandu), (Window{start, utc(2026, 12, 31, 18, 15)}));
    EXPECT_EQ(month_of(start - Duration{1}, kathmandu).end, start);
}

TEST(BudgetMonth, IsShorterOrLongerWhereClocksAreChanged) {
    EXPECT_EQ(month_of(utc(2024, 3, 15), berlin),
              (Window{utc(2024, 2, 29, 23), utc(2024, 3, 31, 22)}));
    EXPECT_EQ(month_of(utc(2024, 10, 15), berlin),
              (Window{utc(2024, 9, 30, 22), utc(2024, 10, 31, 23)}));
}

TEST(BudgetMonth, BeginsLaterWhereItsFirstMidnightDoesNotHappen) {
    const auto start = utc(2023, 10, 1, 4);
    EXPECT_EQ(month_of(start, asuncion), (Window{start, utc(2023, 11, 1, 3)}));
    EXPECT_EQ(month_of(start - Duration{1}, asuncion), (Window{utc(2023, 9, 1, 4), start}));
}

// As in Havana in 2020: clocks went from one o'clock back to midnight of the first of November.
TEST(BudgetMonth, BeginsAtTheEarlierOfTwoMidnights) {
    const TableZone zone{-4h, {{utc(2020, 11, 1, 5), -5h}}};
    const Window month{utc(2020, 11, 1, 4), utc(2020, 12, 1, 5)};
    for (const auto at : {month.start, utc(2020, 11, 1, 5), month.end - Duration{1}}) {
        EXPECT_EQ(month_of(at, zone), month);
    }
    EXPECT_EQ(month_of(month.start - Duration{1}, zone).end, month.start);
}

// As in St. John's in 2009: clocks went from one minute past midnight back to October.
TEST(BudgetMonth, GoesOnWhenClocksShowTheOneBeforeOnceMore) {
    const TableZone zone{-2h - 30min, {{utc(2009, 11, 1, 2, 31), -3h - 30min}}};
    const Window month{utc(2009, 11, 1, 2, 30), utc(2009, 12, 1, 3, 30)};
    for (const auto at : {month.start, utc(2009, 11, 1, 2, 31), utc(2009, 11, 1, 3, 30)}) {
        EXPECT_EQ(month_of(at, zone), month);
    }
    EXPECT_EQ(month_of(month.start - Duration{1}, zone).end, month.start);
}

TEST(BudgetMonth, BeginsWithTheNextDateWhereTheFirstIsLeftOut) {
    const auto start = utc(2011, 12, 1, 10);
    const TableZone zone{-10h, {{start, 14h}}};
    EXPECT_EQ(month_of(start, zone), (Window{start, utc(2011, 12, 31, 10)}));
    EXPECT_EQ(month_of(start - Duration{1}, zone), (Window{utc(2011, 11, 1, 10), start}));
}

TEST(BudgetMonth, HasADateThatIsLeftOutOrComesTwiceLikeAnyOther) {
    EXPECT_EQ(month_of(utc(2011, 12, 30, 10), apia),
              (Window{utc(2011, 12, 1, 10), utc(2011, 12, 31, 10)}));
    EXPECT_EQ(month_of(utc(1969, 9, 30, 14), kwajalein),
              (Window{utc(1969, 8, 31, 13), utc(1969, 10, 1, 12)}));
}

// ---- another zone ------------------------------------------------------------------------------

Window moved(Time at, const Zone& zone, Time since, const Zone& before) {
    return window_of(Period::month, at, zone, since, before, Time::min());
}

TEST(BudgetMonthOfATenantThatMoved, IsBegunInOneZoneAndEndsInTheNext) {
    const Window month{utc(2026, 11, 1), utc(2026, 11, 30, 15)};
    const auto since = utc(2026, 11, 22);
    for (const auto at : {month.start, since - Duration{1}, since, month.end - Duration{1}}) {
        EXPECT_EQ(moved(at, tokyo, since, utc_zone), month);
    }
    EXPECT_EQ(moved(month.end, tokyo, since, utc_zone), (Window{month.end, utc(2026, 12, 31, 15)}));
}

// In Honolulu it is still the last day of November when that is over in Greenwich.
TEST(BudgetMonthOfATenantThatMoved, LastsLongerWhereItIsStillThatMonth) {
    const Window month{utc(2026, 11, 1), utc(2026, 12, 1, 10)};
    const auto since = utc(2026, 12, 1);
    EXPECT_EQ(moved(since - Duration{1}, honolulu, since, utc_zone), month);
    EXPECT_EQ(moved(since, honolulu, since, utc_zone), month);
    EXPECT_EQ(moved(month.end, honolulu, since, utc_zone).start, month.end);
}

// The first of December is over on Kiritimati; on Baker Island there are two hours of November.
TEST(BudgetMonthOfATenantThatMoved, IsNotBegunAgainWhereTheOneBeforeIsNotOver) {
    const auto since = utc(2026, 12, 1, 10);
    const Window month{utc(2026, 11, 30, 10), utc(2027, 1, 1, 12)};
    for (const auto at : {month.start, since, utc(2026, 12, 1, 12), month.end - Duration{1}}) {
        EXPECT_EQ(moved(at, baker_island, since, kiritimati), month);
    }
    EXPECT_EQ(moved(month.start - Duration{1}, baker_island, since, kiritimati).end, month.start);
}

// November is over on Baker Island, and the first of December all but over on Kiritimati.
TEST(BudgetMonthOfATenantThatMoved, BeginsWithTheStayWhereItHasBegunBefore) {
    const auto since = utc(2026, 12, 1, 12);
    EXPECT_EQ(moved(since, kiritimati, since, baker_island),
              (Window{since, utc(2026, 12, 31, 10)}));
    EXPECT_EQ(moved(since - Duration{1}, kiritimati, since, baker_island),
              (Window{utc(2026, 11, 1, 12), since}));
}

TEST(BudgetMonthOfATenantThatMoved, NeedsAllStaysWhereThereAreTwoWithinIt) {
    const auto first = utc(2026, 12, 1, 10);
    const auto second = utc(2026, 12, 6, 12);
    const std::vector<Stay> stays{
        {&kiritimati, Time::min()}, {&baker_island, first}, {&tokyo, second}};
    const Window month{utc(2026, 11, 30, 10), utc(2026, 12, 31, 15)};
    for (const auto at : {month.start, first, second, month.end - Duration{1}}) {
        EXPECT_EQ(window_of(Period::month, at, stays), month);
    }
    EXPECT_EQ(window_of(Period::month, second, tokyo, second, baker_island, first).start,
              utc(2026, 12, 1, 12));
}

TEST(BudgetDayOfATenantThatMoved, IsThatOfQuotas) {
    const std::vector<const Zone*> zones{&utc_zone, &tokyo, &honolulu, &baker_island, &kiritimati};
    const auto before_since = utc(2026, 11, 20, 7);
    for (const auto* from : zones) {
        const auto since = day_of(utc(2026, 11, 21, 12), *from).end;
        for (const auto* to : zones) {
            for (auto at = utc(2026, 11, 18); at < utc(2026, 11, 26); at += 20min) {
                const auto day = day_of(at, *to, since, *from, before_since);
                ASSERT_EQ(window_of(Period::day, at, *to, since, *from, before_since),
                          (Window{day.start, day.end}));
            }
        }
    }
}

// ---- any zones ---------------------------------------------------------------------------------

std::chrono::year_month month_shown(Time at, const Zone& zone) {
    const std::chrono::year_month_day date{std::chrono::floor<days>(at + zone.offset_at(at))};
    return date.year() / date.month();
}

// Where months start, by going through all days of all stays: a month begins with each day of a
// later month than all days before.
std::vector<Time> starts_of_months(const std::vector<Stay>& stays, Time from, Time to) {
    std::vector<Time> starts;
    std::chrono::year_month latest{};
    for (std::size_t i = 0; i < stays.size(); ++i) {
        const auto since = i == 0 ? from : stays[i].since;
        const auto until = i + 1 < stays.size() ? stays[i + 1].since : to;
        const auto all = starts_of_days(*stays[i].zone, from - days{8}, until);
        for (std::size_t day = 0; day < all.size(); ++day) {
            const auto end = day + 1 < all.size() ? all[day + 1] : until;
            const auto month = month_shown(all[day], *stays[i].zone);
            if (end > since && month > latest) {
                latest = month;
                starts.push_back(std::max(all[day], since));
            }
        }
    }
    return starts;
}

// Clocks are changed about where months begin.
TableZone random_zone_of_months(std::mt19937& random) {
    std::vector<TableZone::Change> changes;
    auto offset = between(random, -12h, 14h);
    const auto first = offset;
    for (unsigned month = 1; month <= 12; ++month) {
        const auto near =
            std::array{between(random, -2h, 2h), between(random, -26h, 26h), 0s}[random() % 3];
        auto change = random() % 3 == 0 ? between(random, -24h, 24h) : between(random, -2h, 2h);
        if (offset + change > 15h || offset + change < -15h) {
            change = -change;
        }
        const auto at = utc(2020, month, 1) - offset + near;
        offset += change;
        changes.push_back({at, offset});
    }
    return TableZone{first, changes};
}

TableZone any_zone(std::mt19937& random) {
    return random() % 2 == 0 ? random_zone(random) : random_zone_of_months(random);
}

// Moves a dozen times in a year, as a rule about where months begin.
std::vector<Stay> random_stays(std::mt19937& random, const std::vector<TableZone>& zones) {
    std::vector<Stay> stays{{&zones[0], Time::min()}};
    for (unsigned move = 0; move < 18; ++move) {
        const auto spread = random() % 3 == 0 ? hours{600} : hours{50};
        const auto moved = utc(2020, 1 + move * 2 / 3, 1) + between(random, -spread, spread);
        if (moved >= stays.back().since) {
            const auto since = day_of(moved, *stays.back().zone).end;
            stays.push_back({&zones[random() % zones.size()], since});
        }
    }
    return stays;
}

void compare_months(const std::vector<Stay>& stays, std::mt19937& random, int& unusual) {
    const auto starts = starts_of_months(stays, beginning - days{80}, ending + days{80});
    for (std::size_t i = 2; i + 1 < starts.size(); ++i) {
        const Window month{starts[i], starts[i + 1]};
        ASSERT_LT(month.start, month.end);
        unusual += (month.end - month.start) % days{1} != Duration{0};
        const auto within = month.start + between(random, 0s, days{31}) % (month.end - month.start);
        for (const auto at : {month.start, month.end - Duration{1}, Time{within}}) {
            ASSERT_EQ(window_of(Period::month, at, stays), month) << "month " << i;
        }
        ASSERT_EQ(window_of(Period::day, month.start, stays).start, month.start);
    }
}

TEST(BudgetMonth, InAnyZoneBeginsWithItsFirstDay) {
    int unusual = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto zone = any_zone(random);
        compare_months({{&zone, Time::min()}}, random, unusual);
        ASSERT_FALSE(HasFatalFailure());
        const auto at = beginning + between(random, 0s, days{366});
        ASSERT_EQ(month_of(at, zone), window_of(Period::month, at, std::vector<Stay>{{&zone, {}}}));
    }
    EXPECT_GT(unusual, 1000);
}

TEST(BudgetMonthOfATenantThatMoved, InAnyZonesBeginsOnceAndLeavesNoGap) {
    int unusual = 0;
    std::size_t moves = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        std::vector<TableZone> zones;
        for (int i = 0; i < 4; ++i) {
            zones.push_back(any_zone(random));
        }
        const auto stays = random_stays(random, zones);
        moves += stays.size() - 1;
        compare_months(stays, random, unusual);
        ASSERT_FALSE(HasFatalFailure());
    }
    EXPECT_GT(unusual, 1000);
    EXPECT_GT(moves, 2000U);
}

TEST(BudgetMonthOfATenantThatMoved, NeedsNoStaysThatWereOverBefore) {
    std::size_t left_out = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const std::vector<TableZone> zones{any_zone(random), any_zone(random), any_zone(random)};
        const auto stays = random_stays(random, zones);
        for (auto at = beginning; at < ending; at += days{9}) {
            const auto month = window_of(Period::month, at, stays);
            auto known = stays;
            while (known.size() > 1 && known[1].since < month.start - days{1}) {
                known.erase(known.begin());
                ++left_out;
            }
            ASSERT_EQ(window_of(Period::month, at, known), month) << "seed " << seed;
        }
    }
    EXPECT_GT(left_out, 10'000U);
}

}  // namespace
}  // namespace ideamine::budget
