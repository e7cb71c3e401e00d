#include "jobs/inheritance.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ideamine::jobs {
namespace {

using Classes = std::vector<PriorityClass>;

constexpr auto p0 = PriorityClass::p0;
constexpr auto p1 = PriorityClass::p1;
constexpr auto p2 = PriorityClass::p2;
constexpr auto p3 = PriorityClass::p3;

TEST(Inheritance, GoesUpAChain) {
    EXPECT_EQ(served_classes({p3, p2, p0}, {false, true, true}, {{1, 0}, {2, 1}}),
              (Classes{p0, p0, p0}));
}

TEST(Inheritance, NeverLowers) {
    EXPECT_EQ(served_classes({p1, p3}, {false, true}, {{1, 0}}), (Classes{p1, p3}));
}

TEST(Inheritance, ComesFromTheHighestOfSeveral) {
    EXPECT_EQ(served_classes({p3, p2, p1}, {false, true, true}, {{1, 0}, {2, 0}}),
              (Classes{p1, p2, p1}));
}

TEST(Inheritance, DoesNotComeFromWhoDoesNotWait) {
    EXPECT_EQ(served_classes({p3, p2, p0}, {false, true, false}, {{1, 0}, {2, 1}}),
              (Classes{p2, p2, p0}));
}

// By asking each edge again until nothing changes.
Classes by_repetition(Classes served, const std::vector<bool>& waits,
                      const std::vector<Edge>& edges) {
    for (bool changed = true; changed;) {
        changed = false;
        for (const auto& [job, depends_on] : edges) {
            if (waits[job] && served[job] < served[depends_on]) {
                served[depends_on] = served[job];
                changed = true;
            }
        }
    }
    return served;
}

TEST(Inheritance, IsThatOfTheModelOnRandomGraphs) {
    std::mt19937 random{7};
    for (int round = 0; round < 2000; ++round) {
        const std::uint32_t jobs = 1 + random() % 12;
        std::vector<Edge> edges;
        Classes own;
        std::vector<bool> waits;
        for (std::uint32_t job = 0; job < jobs; ++job) {
            own.push_back(priority_classes[random() % priority_classes.size()]);
            waits.push_back(random() % 5 != 0);
            for (std::uint32_t other = 0; other < job; ++other) {
                if (random() % 4 == 0) {
                    edges.push_back({job, other});
                }
            }
        }
        ASSERT_EQ(served_classes(own, waits, edges), by_repetition(own, waits, edges));
    }
}

}  // namespace
}  // namespace ideamine::jobs
