#include "priority/victims.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <random>

namespace ideamine::priority {
namespace {

using jobs::PriorityClass;

Candidate holding(PriorityClass priority_class, Amount cpu, Amount memory = 0, Amount gpu = 0) {
    return {.priority_class = priority_class, .holds = {cpu, memory, gpu}};
}

Amount freed_by(std::span<const Candidate> candidates, const Places& victims,
                std::size_t resource) {
    Amount freed = 0;
    for (const auto place : victims) {
        freed += candidates[place].holds[resource];
    }
    return freed;
}

// The rule as the header states it, by looking at every set.
Places exhaustive(const std::vector<Candidate>& candidates, std::size_t resource, Amount amount) {
    std::optional<Places> best;
    std::optional<std::tuple<int, std::size_t, Places>> best_rank;
    for (std::uint32_t set = 1; set < 1U << candidates.size(); ++set) {
        Places places;
        int highest = 4;  // P3 is 3
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if ((set >> i & 1U) != 0) {
                places.push_back(i);
                highest = std::min(highest, static_cast<int>(candidates[i].priority_class));
            }
        }
        if (freed_by(candidates, places, resource) < amount) {
            continue;
        }
        const std::tuple rank{-highest, places.size(), places};
        if (!best_rank || rank < *best_rank) {
            best_rank = rank;
            best = places;
        }
    }
    return best.value_or(Places{});
}

std::vector<Candidate> random_candidates(std::mt19937& random, std::size_t count, Amount most) {
    std::uniform_int_distribution<Amount> amount{0, most};
    std::uniform_int_distribution<int> of_class{1, 3};
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < count; ++i) {
        candidates.push_back(holding(static_cast<PriorityClass>(of_class(random)), amount(random),
                                     amount(random), amount(random)));
    }
    std::ranges::stable_sort(candidates, std::greater{}, &Candidate::priority_class);
    return candidates;
}

TEST(Victims, TheFirstOneGivesWayIfItIsEnough) {
    const std::vector candidates{holding(PriorityClass::p3, 4), holding(PriorityClass::p3, 4)};
    EXPECT_EQ(select_victims(candidates, 0, 4), (Places{0}));
}

TEST(Victims, OneLargeJobGivesWayInsteadOfTwoSmallOnes) {
    const std::vector candidates{holding(PriorityClass::p3, 2), holding(PriorityClass::p3, 2),
                                 holding(PriorityClass::p3, 4)};
    EXPECT_EQ(select_victims(candidates, 0, 4), (Places{2}));
}

TEST(Victims, AHigherClassIsSparedAsLongAsLowerOnesAreEnough) {
    const std::vector candidates{holding(PriorityClass::p3, 2), holding(PriorityClass::p3, 2),
                                 holding(PriorityClass::p2, 4)};
    EXPECT_EQ(select_victims(candidates, 0, 4), (Places{0, 1}));
    EXPECT_EQ(select_victims(candidates, 0, 5), (Places{0, 2}));
}

TEST(Victims, NobodyGivesWayInVain) {
    const std::vector candidates{holding(PriorityClass::p3, 2), holding(PriorityClass::p2, 2)};
    EXPECT_TRUE(select_victims(candidates, 0, 5).empty());
    EXPECT_TRUE(select_victims(candidates, 1, 1).empty());
    EXPECT_TRUE(select_victims(candidates, 0, 0).empty());
    EXPECT_TRUE(select_victims({}, 0, 1).empty());
    EXPECT_TRUE(select_victims(candidates, Amounts{4, 1, 0}).empty());
}

TEST(Victims, AreWhatAnExhaustiveSearchFinds) {
    std::mt19937 random{20'261'123};
    std::uniform_int_distribution<std::size_t> counts{0, 10};
    for (int round = 0; round < 3'000; ++round) {
        const auto candidates = random_candidates(random, counts(random), 6);
        const auto resource = static_cast<std::size_t>(round % 3);
        const auto amount = std::uniform_int_distribution<Amount>{1, 24}(random);
        EXPECT_EQ(select_victims(candidates, resource, amount),
                  exhaustive(candidates, resource, amount))
            << "round " << round;
    }
}

TEST(Victims, OfSeveralResourcesAreEnoughAndAllNeeded) {
    std::mt19937 random{4'711};
    std::uniform_int_distribution<std::size_t> counts{0, 12};
    std::uniform_int_distribution<Amount> asked{0, 12};
    int found = 0;
    for (int round = 0; round < 3'000; ++round) {
        const auto candidates = random_candidates(random, counts(random), 6);
        const Amounts amounts{asked(random), asked(random), asked(random)};
        const auto victims = select_victims(candidates, amounts);
        bool possible = true;
        for (std::size_t i = 0; i < amounts.size(); ++i) {
            const auto held = std::accumulate(
                candidates.begin(), candidates.end(), Amount{0},
                [i](Amount sum, const Candidate& candidate) { return sum + candidate.holds[i]; });
            possible = possible && held >= amounts[i];
        }
        if (!possible) {
            EXPECT_TRUE(victims.empty());
            continue;
        }
        EXPECT_EQ(missing_after(candidates, victims, amounts), Amounts{});
        for (std::size_t i = 0; i < victims.size(); ++i) {
            auto fewer = victims;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_NE(missing_after(candidates, fewer, amounts), Amounts{});
        }
        ++found;
    }
    EXPECT_GT(found, 500);
}

TEST(Victims, LargestAmountsDoNotOverflow) {
    const std::vector candidates(1'000, holding(PriorityClass::p3, admission::unlimited));
    EXPECT_EQ(select_victims(candidates, 0, admission::unlimited), (Places{0}));
    const std::vector halves(1'000, holding(PriorityClass::p3, admission::unlimited / 2));
    EXPECT_EQ(select_victims(halves, 0, admission::unlimited), (Places{0, 1, 2}));
}

}  // namespace
}  // namespace ideamine::priority
