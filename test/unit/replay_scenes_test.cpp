#include <gtest/gtest.h>

#include <random>

#include "replay/giving_way.hpp"
#include "replay/money.hpp"
#include "replay/scenes.hpp"
#include "replay/spending.hpp"

namespace replay {
namespace {

Spending spending_that_is_right() {
    Spending spending;
    spending.first_total = 1'000;
    spending.raised_total = 4'000;
    std::int64_t at_us = 0;
    for (const Threshold& threshold : default_thresholds()) {
        spending.fired.push_back(
            {threshold.name, threshold.action, ++at_us, 1'000, 10 * threshold.percent, 0, ""});
    }
    spending.most_spent_of_first = 999;
    spending.spent = 1'500;
    return spending;
}

TEST(ReplayMoney, is_written_with_all_its_decimals_and_read_back) {
    EXPECT_EQ(format_money(1'700'000'000), "1.700000000");
    EXPECT_EQ(parse_money("1.7"), 1'700'000'000);
    EXPECT_EQ(parse_money("0"), 0);
    std::mt19937_64 random{3};
    for (int i = 0; i < 1'000; ++i) {
        const auto amount = static_cast<Nano>(random() % 10'000'000'000'000'000) - 5'000'000'000;
        ASSERT_EQ(parse_money(format_money(amount)), amount);
    }
    for (const char* text : {"", ".", "1.0000000001", "1e3", "NaN", "1,5"}) {
        EXPECT_THROW(parse_money(text), std::invalid_argument) << text;
    }
}

TEST(ReplayBudget, is_good_if_each_threshold_fired_once_in_order) {
    EXPECT_TRUE(check_thresholds(spending_that_is_right()).good());
    EXPECT_TRUE(check_not_overspent(spending_that_is_right()).good());
}

TEST(ReplayBudget, is_bad_if_a_threshold_fired_twice_or_never) {
    auto spending = spending_that_is_right();
    spending.fired.push_back(spending.fired.back());
    EXPECT_FALSE(check_thresholds(spending).good());
    spending.fired.resize(3);
    EXPECT_FALSE(check_thresholds(spending).good());
}

TEST(ReplayBudget, is_bad_if_a_threshold_fired_early_or_out_of_order) {
    auto spending = spending_that_is_right();
    spending.fired[2].spent -= 1;
    EXPECT_FALSE(check_thresholds(spending).good());
    spending = spending_that_is_right();
    std::swap(spending.fired[0], spending.fired[1]);
    EXPECT_FALSE(check_thresholds(spending).good());
}

TEST(ReplayBudget, is_bad_if_more_was_spent_than_there_was) {
    auto spending = spending_that_is_right();
    spending.most_spent_of_first = 1'001;
    EXPECT_FALSE(check_not_overspent(spending).good());
    spending = spending_that_is_right();
    spending.spent = 4'001;
    EXPECT_FALSE(check_not_overspent(spending).good());
}

TEST(ReplayPressure, is_bad_if_more_was_in_use_than_there_is) {
    EXPECT_TRUE(check_capacity({{"gpu", 4, 4, "the jobs that run"}}).good());
    EXPECT_FALSE(check_capacity({{"gpu", 5, 4, "the jobs that run"}}).good());
    // nobody looked
    EXPECT_FALSE(check_capacity({}).good());
}

TEST(ReplayPressure, is_bad_if_nobody_gave_way) {
    EXPECT_FALSE(check_somebody_gave_way({}).good());
    EXPECT_TRUE(check_somebody_gave_way({{}}).good());
}

}  // namespace
}  // namespace replay
