#include "priority/policies.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ideamine::priority {
namespace {

using jobs::PriorityClass;
using quota::Resource;

constexpr auto p0 = PriorityClass::p0;
constexpr auto p1 = PriorityClass::p1;
constexpr auto p2 = PriorityClass::p2;
constexpr auto p3 = PriorityClass::p3;

Classes set_of(std::initializer_list<PriorityClass> classes) {
    Classes set;
    for (const auto one : classes) {
        set.add(one);
    }
    return set;
}

// As they are shipped.
const std::vector<Policy> shipped{
    {"gpu-80", Resource::gpu, 0.80, p1, {p3, p2}, false},
    {"gpu-85", Resource::gpu, 0.85, p1, {p3, p2}, true},
};

Situation of_gpu(double utilization, PriorityClass waiting = p0) {
    return {Resource::gpu, utilization, waiting};
}

TEST(Policies, HoldFromTheirThresholdOn) {
    EXPECT_EQ(policy_for(shipped, of_gpu(0.79)), nullptr);
    EXPECT_EQ(policy_for(shipped, of_gpu(0.80)), &shipped[0]);
    EXPECT_EQ(policy_for(shipped, of_gpu(0.85)), &shipped[1]);
    EXPECT_EQ(policy_for(shipped, {Resource::cpu, 1, p0}), nullptr);
    EXPECT_TRUE(giving_way(shipped, of_gpu(0.79), set_of({p2, p3})).empty());
}

TEST(Policies, HoldForTheirClassesAndThoseAbove) {
    EXPECT_NE(policy_for(shipped, of_gpu(1, p1)), nullptr);
    EXPECT_EQ(policy_for(shipped, of_gpu(1, p2)), nullptr);
}

TEST(Policies, TakeTheNextClassOnlyWhenNobodyIsLeftOfThoseBeforeIt) {
    EXPECT_EQ(giving_way(shipped, of_gpu(0.82), set_of({p1, p2, p3})), set_of({p3}));
    EXPECT_EQ(giving_way(shipped, of_gpu(0.82), set_of({p1, p2})), set_of({p2}));
    EXPECT_TRUE(giving_way(shipped, of_gpu(0.82), set_of({p1})).empty());
}

TEST(Policies, TakeClassesTogetherWithoutWaitingForOneToRunOut) {
    EXPECT_EQ(giving_way(shipped, of_gpu(0.9), set_of({p1, p2, p3})), set_of({p2, p3}));
}

TEST(Policies, NeverTakeWhoIsOfNoLowerClassThanWhoWaits) {
    std::mt19937 random{1};
    const auto any_class = [&] { return static_cast<PriorityClass>(random() % 4); };
    for (int i = 0; i < 2000; ++i) {
        std::vector<Policy> policies;
        for (unsigned n = random() % 4; n > 0; --n) {
            policies.push_back({"any",
                                Resource::gpu,
                                static_cast<double>(random() % 11) / 10,
                                any_class(),
                                {any_class(), any_class()},
                                random() % 2 == 0});
        }
        const auto waiting = any_class();
        const auto situation = of_gpu(static_cast<double>(random() % 11) / 10, waiting);
        const auto classes = giving_way(policies, situation, set_of({p0, p1, p2, p3}));
        for (const auto one : jobs::priority_classes) {
            EXPECT_FALSE(classes.has(one) && one <= waiting);
        }
        EXPECT_TRUE(classes.empty() || policy_for(policies, situation) != nullptr);
    }
}

}  // namespace
}  // namespace ideamine::priority
