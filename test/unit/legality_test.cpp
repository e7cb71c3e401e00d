#include "priority/legality.hpp"

#include <gtest/gtest.h>

namespace ideamine::priority {
namespace {

using jobs::PriorityClass;
using namespace std::chrono_literals;

constexpr Time start{10h};

Attempt running(PriorityClass priority_class) {
    return {.priority_class = priority_class, .resumed_at = {}, .started_at = start};
}

TEST(Legality, AJobGivesWayToAHigherClass) {
    EXPECT_EQ(judge(running(PriorityClass::p3), {}, PriorityClass::p1, start), Legality::may);
    EXPECT_EQ(judge(running(PriorityClass::p2), {}, PriorityClass::p1, start), Legality::may);
    EXPECT_EQ(judge(running(PriorityClass::p1), {}, PriorityClass::p0, start), Legality::may);
}

TEST(Legality, NobodyGivesWayToItsOwnClassOrALowerOne) {
    for (const auto victim : jobs::priority_classes) {
        for (const auto beneficiary : jobs::priority_classes) {
            const auto legality = judge(running(victim), {}, beneficiary, start);
            EXPECT_EQ(legality == Legality::may, victim > beneficiary);
        }
    }
}

TEST(Legality, P0NeverGivesWayNotEvenByHand) {
    EXPECT_EQ(judge(running(PriorityClass::p0), {}, std::nullopt, start), Legality::is_critical);
}

TEST(Legality, WhoWasResumedCoolsDownFromWhenItRunsAgain) {
    auto attempt = running(PriorityClass::p3);
    attempt.resumed_at = start - 2h;
    const auto at = [&](Duration later) {
        return judge(attempt, {}, PriorityClass::p1, start + later);
    };
    EXPECT_EQ(at(0s), Legality::cools_down);
    EXPECT_EQ(at(5min - 1us), Legality::cools_down);
    EXPECT_EQ(at(5min), Legality::may);
    EXPECT_EQ(judge(attempt, {}, std::nullopt, start), Legality::may);
    EXPECT_EQ(protected_until(attempt, {}), start + 5min);
    EXPECT_EQ(protected_until(running(PriorityClass::p3), {}), std::nullopt);
}

TEST(Legality, AtTheLimitAJobFailsOrIsSpared) {
    auto attempt = running(PriorityClass::p3);
    attempt.preemptions = 2;
    EXPECT_EQ(judge(attempt, {}, PriorityClass::p1, start), Legality::may);
    attempt.preemptions = 3;
    EXPECT_EQ(judge(attempt, {}, PriorityClass::p1, start), Legality::fails);
    EXPECT_EQ(judge(attempt, {.fails_at_limit = false}, PriorityClass::p1, start),
              Legality::is_spared);
    EXPECT_EQ(judge(attempt, {.max_preemptions = 4}, PriorityClass::p1, start), Legality::may);
}

}  // namespace
}  // namespace ideamine::priority
