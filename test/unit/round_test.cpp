#include "priority/round.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ideamine::priority {
namespace {

using jobs::PriorityClass;

Classes lower_classes() {
    Classes classes;
    classes.add(PriorityClass::p2);
    classes.add(PriorityClass::p3);
    return classes;
}

RunningCandidate running(PriorityClass priority_class, Amount cpu, Amount gpu, bool is_own) {
    return {.candidate = {.priority_class = priority_class, .holds = {cpu, 0, gpu}},
            .is_own = is_own};
}

Missing missing(std::size_t resource, Amount amount, bool of_platform) {
    return {.resource = resource,
            .amount = amount,
            .of_platform = of_platform,
            .classes = lower_classes()};
}

constexpr std::size_t cpu = 0;
constexpr std::size_t gpu = 2;

TEST(Round, TakesWhoFreesWhatTheTenantIsShortOfFromTheTenantAlone) {
    const std::vector candidates{running(PriorityClass::p3, 0, 4, false),
                                 running(PriorityClass::p3, 0, 4, true)};
    EXPECT_EQ(choose_victims(candidates, std::vector{missing(gpu, 2, false)}), (Places{1}));
    EXPECT_EQ(choose_victims(candidates, std::vector{missing(gpu, 2, true)}), (Places{0}));
    EXPECT_EQ(choose_victims(candidates, std::vector{missing(gpu, 5, false)}), Places{});
}

TEST(Round, SparesWhoIsNotNeededWhenAnotherFreesItToo) {
    const std::vector candidates{running(PriorityClass::p3, 4, 0, true),
                                 running(PriorityClass::p3, 4, 4, true)};
    const std::vector both{missing(cpu, 4, true), missing(gpu, 4, true)};
    EXPECT_EQ(choose_victims(candidates, both), (Places{1}));
}

TEST(Round, TakesNobodyIfOneThingCannotBeFreed) {
    const std::vector candidates{running(PriorityClass::p3, 4, 0, true)};
    const std::vector both{missing(cpu, 4, true), missing(gpu, 1, true)};
    EXPECT_EQ(choose_victims(candidates, both), Places{});
}

TEST(Round, TakesOnlyClassesThatAreToGiveWay) {
    auto only_p3 = missing(gpu, 1, true);
    only_p3.classes = {};
    only_p3.classes.add(PriorityClass::p3);
    const std::vector candidates{running(PriorityClass::p2, 0, 4, true)};
    EXPECT_EQ(choose_victims(candidates, std::vector{only_p3}), Places{});
}

TEST(Round, WhatIsChosenIsEnoughAndNobodyCanBeSpared) {
    std::mt19937 random{7};
    const auto amount = [&](unsigned most) { return static_cast<Amount>(random() % most); };
    int found = 0;
    for (int i = 0; i < 5000; ++i) {
        std::vector<RunningCandidate> candidates;
        for (unsigned n = random() % 9; n > 0; --n) {
            candidates.push_back(running(random() % 2 == 0 ? PriorityClass::p3 : PriorityClass::p2,
                                         amount(5), amount(5), random() % 2 == 0));
        }
        std::ranges::stable_sort(candidates, std::greater{}, [](const RunningCandidate& one) {
            return one.candidate.priority_class;
        });
        std::vector<Missing> all;
        for (unsigned n = 1 + random() % 3; n > 0; --n) {
            all.push_back(missing(random() % 2 == 0 ? cpu : gpu, 1 + amount(6), random() % 2 == 0));
        }
        const auto frees_enough = [&](const Places& chosen) {
            return std::ranges::all_of(all, [&](const Missing& one) {
                Amount freed = 0;
                for (const auto place : chosen) {
                    const auto& candidate = candidates[place];
                    freed += one.of_platform || candidate.is_own
                                 ? candidate.candidate.holds[one.resource]
                                 : 0;
                }
                return freed >= one.amount;
            });
        };
        const auto chosen = choose_victims(candidates, all);
        Places everybody(candidates.size());
        for (std::size_t place = 0; place < everybody.size(); ++place) {
            everybody[place] = place;
        }
        ASSERT_EQ(chosen.empty(), !frees_enough(everybody));
        if (chosen.empty()) {
            continue;
        }
        ++found;
        ASSERT_TRUE(frees_enough(chosen));
        for (const auto place : chosen) {
            auto without = chosen;
            std::erase(without, place);
            ASSERT_FALSE(frees_enough(without));
        }
    }
    EXPECT_GT(found, 500);
}

TEST(Round, AShareOfTheRunningJobs) {
    RoundShare share{10, 0.3};
    share.use(1);
    EXPECT_TRUE(share.allows(2));
    EXPECT_FALSE(share.allows(3));
    EXPECT_FALSE(share.is_used_up());
    share.use(2);
    EXPECT_TRUE(share.allows(0));
    EXPECT_FALSE(share.allows(1));
    EXPECT_TRUE(share.is_used_up());
}

TEST(Round, WhoIsFirstToGainGetsWhatItNeeds) {
    for (const double of_all : {0.0, 0.2}) {
        RoundShare share{9, of_all};
        EXPECT_FALSE(share.is_used_up());
        share.use(0);  // what others free is enough
        EXPECT_TRUE(share.allows(5));
        share.use(5);
        EXPECT_FALSE(share.allows(1));
        EXPECT_TRUE(share.is_used_up());
    }
}

}  // namespace
}  // namespace ideamine::priority
