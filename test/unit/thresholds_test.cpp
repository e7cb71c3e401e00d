#include "budget/thresholds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ideamine/error.hpp"

namespace ideamine::budget {
namespace {

using namespace std::chrono_literals;
using jobs::PriorityClass;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

__extension__ using Wide = __int128;

constexpr Time noon{std::chrono::seconds{1'700'000'000}};
constexpr Amount most = unlimited - 1;  // the largest total that is one
constexpr Amount dollar = 1'000'000'000;

constexpr ThresholdSet everything{Threshold::warn, Threshold::throttle, Threshold::throttle_high,
                                  Threshold::pause};

auto refused(const char* what) {
    return Throws<Error>(AllOf(Property(&Error::code, Code::invalid_argument),
                               Property(&Error::message, HasSubstr(what))));
}

Thresholds with(Threshold threshold, Share share, Action action) {
    auto thresholds = default_thresholds;
    thresholds[static_cast<std::size_t>(threshold)] = {share, action};
    return thresholds;
}

std::vector<Threshold> in_order(ThresholdSet set) {
    std::vector<Threshold> members;
    for (const auto threshold : set) {
        members.push_back(threshold);
    }
    return members;
}

ThresholdSet crossed_by_default(Amount spent, ThresholdSet fired = {}) {
    return crossed(100 * dollar, default_thresholds, fired, spent);
}

TEST(BudgetEnumSet, HasItsMembersInOrderAndIsKeptAsBits) {
    const ThresholdSet set{Threshold::pause, Threshold::warn, Threshold::pause};
    EXPECT_THAT(in_order(set), ElementsAre(Threshold::warn, Threshold::pause));
    EXPECT_EQ(set.bits(), 0b1001);
    EXPECT_TRUE(set.contains(Threshold::pause));
    EXPECT_FALSE(set.contains(Threshold::throttle));
    for (std::uint8_t bits = 0; bits < 16; ++bits) {
        const auto other = ThresholdSet::from_bits(bits);
        EXPECT_EQ((set | other).bits(), set.bits() | bits);
        EXPECT_EQ((set - other).bits(), set.bits() & ~bits);
        EXPECT_EQ(other.empty(), bits == 0);
    }
}

// ---- names -------------------------------------------------------------------------------------

TEST(BudgetAction, IsReadByItsName) {
    for (const auto action : actions) {
        EXPECT_EQ(parse_action(to_string(action)), action);
        EXPECT_THAT([] { parse_action("stop"); },
                    Throws<Error>(
                        AllOf(Property(&Error::code, Code::invalid_argument),
                              Property(&Error::hint, HasSubstr(std::string{to_string(action)})))));
    }
    EXPECT_EQ(to_string(Action::preempt_p2_p3), "preempt-P2-P3");
    for (const auto* name : {"", "Alert", "preempt-p3", "preempt_P3", "pause-all ", "preempt-P1"}) {
        EXPECT_THROW(parse_action(name), Error) << name;
    }
}

TEST(BudgetThreshold, IsReadByItsName) {
    for (const auto threshold : all_thresholds) {
        EXPECT_EQ(parse_threshold(to_string(threshold)), threshold);
        EXPECT_THAT([] { parse_threshold("stop_at"); },
                    Throws<Error>(AllOf(
                        Property(&Error::code, Code::invalid_argument),
                        Property(&Error::hint, HasSubstr(std::string{to_string(threshold)})))));
    }
    for (const auto* name : {"", "warn", "WARN_AT", "pause_at "}) {
        EXPECT_THROW(parse_threshold(name), Error) << name;
    }
}

// ---- what is allowed ---------------------------------------------------------------------------

TEST(Budget, HasATotalOfNothingOrMore) {
    for (const Amount total : {Amount{0}, Amount{1}, most, unlimited}) {
        EXPECT_NO_THROW(check_total(total));
    }
    EXPECT_THAT([] { check_total(-1); }, refused("total must not be negative"));
}

TEST(Budget, HasTheThresholdsOfTheSpecificationByDefault) {
    EXPECT_NO_THROW(check(default_thresholds));
    EXPECT_EQ(default_thresholds[0], (Trigger{{500'000}, Action::alert}));
    EXPECT_EQ(default_thresholds[1], (Trigger{{800'000}, Action::preempt_p3}));
    EXPECT_EQ(default_thresholds[2], (Trigger{{900'000}, Action::preempt_p2_p3}));
    EXPECT_EQ(default_thresholds[3], (Trigger{{950'000}, Action::pause_all}));
}

TEST(Budget, HasSharesAboveNothingUpToTheWhole) {
    EXPECT_NO_THROW(check(with(Threshold::warn, {1}, Action::alert)));
    EXPECT_NO_THROW(check(with(Threshold::pause, whole, Action::pause_all)));
    for (const std::int64_t millionths : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN}) {
        EXPECT_THAT([&] { check(with(Threshold::warn, {millionths}, Action::alert)); },
                    refused("warn_at must be above 0 and at most 1"));
    }
    for (const std::int64_t millionths : {std::int64_t{1'000'001}, INT64_MAX}) {
        EXPECT_THAT([&] { check(with(Threshold::pause, {millionths}, Action::alert)); },
                    refused("pause_at must be above 0 and at most 1"));
    }
}

TEST(Budget, HasSharesInAscendingOrder) {
    EXPECT_NO_THROW(check(with(Threshold::throttle, {500'000}, Action::alert)));
    EXPECT_NO_THROW(check(with(Threshold::throttle, {900'000}, Action::alert)));
    EXPECT_THAT([] { check(with(Threshold::throttle, {499'999}, Action::alert)); },
                refused("throttle_at must not be below warn_at"));
    EXPECT_THAT([] { check(with(Threshold::throttle, {900'001}, Action::alert)); },
                refused("throttle_high_at must not be below throttle_at"));
    EXPECT_THAT([] { check(with(Threshold::pause, {899'999}, Action::none)); },
                refused("pause_at must not be below throttle_high_at"));
}

// ---- when they are reached ---------------------------------------------------------------------

TEST(BudgetThreshold, IsReachedByItsShareRoundedUp) {
    EXPECT_EQ(reached_at(100 * dollar, {500'000}), 50 * dollar);
    EXPECT_EQ(reached_at(3, {500'000}), 2);
    EXPECT_EQ(reached_at(1, {1}), 1);
    EXPECT_EQ(reached_at(1'000'000, {1}), 1);
    EXPECT_EQ(reached_at(1'000'001, {1}), 2);
    EXPECT_EQ(reached_at(7, whole), 7);
    EXPECT_EQ(reached_at(0, {1}), 0);
    EXPECT_EQ(reached_at(most, whole), most);
    EXPECT_EQ(reached_at(unlimited, {1}), unlimited);
}

TEST(BudgetThreshold, IsReachedExactlyWhereTheRationalIs) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200'000; ++i) {
        const auto total = static_cast<Amount>((random() >> 1) >> random() % 63);
        const auto share = static_cast<std::int64_t>(1 + random() % 1'000'000);
        const Wide reached = reached_at(total, {share});
        if (total != unlimited) {
            ASSERT_GE(reached * 1'000'000, static_cast<Wide>(total) * share) << total;
            ASSERT_LT((reached - 1) * 1'000'000, static_cast<Wide>(total) * share) << total;
            ASSERT_LE(reached, total);
        }
    }
}

TEST(BudgetThreshold, FiresWhenItIsReachedAndNotBefore) {
    EXPECT_TRUE(crossed_by_default(50 * dollar - 1).empty());
    EXPECT_THAT(in_order(crossed_by_default(50 * dollar)), ElementsAre(Threshold::warn));
    EXPECT_THAT(in_order(crossed_by_default(80 * dollar)),
                ElementsAre(Threshold::warn, Threshold::throttle));
    EXPECT_EQ(crossed_by_default(200 * dollar), everything);
}

TEST(BudgetThreshold, FiresOnce) {
    EXPECT_TRUE(crossed_by_default(79 * dollar, {Threshold::warn}).empty());
    EXPECT_THAT(in_order(crossed_by_default(95 * dollar, {Threshold::throttle})),
                ElementsAre(Threshold::warn, Threshold::throttle_high, Threshold::pause));
    EXPECT_TRUE(crossed_by_default(unlimited, everything).empty());
}

TEST(BudgetThreshold, ThatIsOffDoesNotFire) {
    const auto thresholds = with(Threshold::throttle, {800'000}, Action::none);
    EXPECT_THAT(in_order(crossed(100, thresholds, {}, 90)),
                ElementsAre(Threshold::warn, Threshold::throttle_high));
}

TEST(BudgetThreshold, OfNothingFiresAtOnce) {
    EXPECT_EQ(crossed(0, default_thresholds, {}, 0), everything);
    EXPECT_TRUE(armed_again(0, default_thresholds, everything, 0).empty());
    EXPECT_EQ(next_threshold(0, default_thresholds, {}, 0), std::nullopt);
}

TEST(BudgetThreshold, OfAnUnlimitedBudgetNeverFires) {
    for (const Amount spent : {Amount{0}, most, unlimited}) {
        EXPECT_TRUE(crossed(unlimited, default_thresholds, {}, spent).empty());
        EXPECT_EQ(armed_again(unlimited, default_thresholds, everything, spent), everything);
        EXPECT_EQ(next_threshold(unlimited, default_thresholds, {}, spent), std::nullopt);
    }
}

TEST(BudgetThreshold, IsArmedAgainOnceWhatIsSpentDoesNotReachIt) {
    const auto rearmed = [](Amount total, Amount spent) {
        return in_order(armed_again(total, default_thresholds, everything, spent));
    };
    EXPECT_TRUE(rearmed(100, 95).empty());
    EXPECT_THAT(rearmed(101, 95), ElementsAre(Threshold::pause));
    EXPECT_THAT(rearmed(150, 95),
                ElementsAre(Threshold::throttle, Threshold::throttle_high, Threshold::pause));
    EXPECT_EQ(rearmed(100, 0), in_order(everything));
    EXPECT_EQ(armed_again(100, default_thresholds, {Threshold::pause}, 0),
              ThresholdSet{Threshold::pause});
}

TEST(BudgetThreshold, ThatIsTurnedOffAndOnAgainDoesNotFireTwice) {
    const auto off = with(Threshold::warn, {500'000}, Action::none);
    EXPECT_TRUE(armed_again(100, off, {Threshold::warn}, 50).empty());
    EXPECT_TRUE(crossed(100, default_thresholds, {Threshold::warn}, 50).empty());
}

TEST(BudgetThreshold, ThatIsNextIsTheFirstStillToBeReached) {
    const auto next = [](Amount spent, ThresholdSet fired = {}) {
        return next_threshold(100, default_thresholds, fired, spent);
    };
    EXPECT_EQ(next(0), (NextThreshold{Threshold::warn, 50}));
    EXPECT_EQ(next(49), (NextThreshold{Threshold::warn, 50}));
    EXPECT_EQ(next(50), (NextThreshold{Threshold::throttle, 80}));
    EXPECT_EQ(next(0, {Threshold::warn}), (NextThreshold{Threshold::throttle, 80}));
    EXPECT_EQ(next(85, everything), std::nullopt);
    EXPECT_EQ(next(95), std::nullopt);
    const auto off = with(Threshold::throttle, {800'000}, Action::none);
    EXPECT_EQ(next_threshold(100, off, {}, 60), (NextThreshold{Threshold::throttle_high, 90}));
}

// ---- what they close ---------------------------------------------------------------------------

constexpr ClassSet background{PriorityClass::p3};
constexpr ClassSet lower{PriorityClass::p2, PriorityClass::p3};
constexpr ClassSet all_but_critical{PriorityClass::p1, PriorityClass::p2, PriorityClass::p3};
constexpr ClassSet all_classes{PriorityClass::p0, PriorityClass::p1, PriorityClass::p2,
                               PriorityClass::p3};

TEST(BudgetAction, ClosesClasses) {
    EXPECT_EQ(closed_by(Action::none), Closed{});
    EXPECT_EQ(closed_by(Action::alert), Closed{});
    EXPECT_EQ(closed_by(Action::preempt_p3), (Closed{background, background}));
    EXPECT_EQ(closed_by(Action::preempt_p2_p3), (Closed{lower, lower}));
    EXPECT_EQ(closed_by(Action::pause_all), (Closed{all_classes, all_but_critical}));
}

TEST(BudgetThreshold, ClosesWhatAllThatFiredClose) {
    const auto closed = [](ThresholdSet fired) {
        return closed_classes(default_thresholds, fired);
    };
    EXPECT_EQ(closed({}), Closed{});
    EXPECT_EQ(closed({Threshold::warn}), Closed{});
    EXPECT_EQ(closed({Threshold::warn, Threshold::throttle}), closed_by(Action::preempt_p3));
    EXPECT_EQ(closed({Threshold::throttle, Threshold::throttle_high}),
              closed_by(Action::preempt_p2_p3));
    EXPECT_EQ(closed(everything), closed_by(Action::pause_all));
    const auto milder = with(Threshold::pause, {950'000}, Action::alert);
    EXPECT_EQ(closed_classes(milder, everything), closed_by(Action::preempt_p2_p3));
}

// ---- how it goes -------------------------------------------------------------------------------

TEST(Budget, IsUsedByHundredthsOfAPercent) {
    EXPECT_EQ(percent_used(100 * dollar, 50 * dollar), 50'00);
    EXPECT_EQ(percent_used(100 * dollar, 50 * dollar - 1), 49'99);
    EXPECT_EQ(percent_used(3, 1), 33'33);
    EXPECT_EQ(percent_used(3, 2), 66'66);
    EXPECT_EQ(percent_used(2, 3), 150'00);
    EXPECT_EQ(percent_used(most, most), 100'00);
    EXPECT_EQ(percent_used(1, most), most);
    EXPECT_EQ(percent_used(unlimited, most), 0);
    EXPECT_EQ(percent_used(0, 0), 100'00);
    EXPECT_EQ(percent_used(0, 5), 100'00);
}

TEST(Budget, SaysThatAShareIsUsedExactlyWhenItIsReached) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const auto total = static_cast<Amount>((random() >> 1) >> random() % 63);
        const auto hundredths = static_cast<std::int64_t>(1 + random() % 100'00);
        const auto at = reached_at(total, {hundredths * 100});
        if (total != 0 && total != unlimited) {
            ASSERT_GE(percent_used(total, at), hundredths) << total;
            ASSERT_LT(percent_used(total, at - 1), hundredths) << total;
        }
    }
}

TEST(Budget, IsExhaustedAtTheRateOfTheLastHour) {
    EXPECT_EQ(exhausted_at(noon, 10 * dollar, 5 * dollar), noon + 2h);
    EXPECT_EQ(exhausted_at(noon, 1, 3'600'000'000), noon + 1us);
    EXPECT_EQ(exhausted_at(noon, 1, 3'600'000'001), noon + 1us);
    EXPECT_EQ(exhausted_at(noon, 1, 3'599'999'999), noon + 2us);
    EXPECT_EQ(exhausted_at(noon, 1, most), noon + 1us);
}

TEST(Budget, IsExhaustedNowOrNeverWhereThereIsNoRate) {
    for (const Amount rate : {Amount{0}, Amount{1}, most}) {
        EXPECT_EQ(exhausted_at(noon, 0, rate), noon);
        EXPECT_EQ(exhausted_at(noon, -5, rate), noon);
    }
    EXPECT_EQ(exhausted_at(noon, 1, 0), std::nullopt);
    EXPECT_EQ(exhausted_at(noon, 1, -1), std::nullopt);
    EXPECT_EQ(exhausted_at(noon, unlimited, most), std::nullopt);
}

TEST(Budget, IsExhaustedNoLaterThanTimeEnds) {
    EXPECT_EQ(exhausted_at(noon, most, 1), Time::max());
    EXPECT_EQ(exhausted_at(noon, most, most - 1), noon + 1h + 1us);
    EXPECT_EQ(exhausted_at(Time::max() - 1h, 10, 10), Time::max());
    EXPECT_EQ(exhausted_at(Time::max() - 1h, 10, 1), Time::max());
}

}  // namespace
}  // namespace ideamine::budget
