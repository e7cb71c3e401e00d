#include "priority/aging.hpp"

#include <gtest/gtest.h>

namespace ideamine::priority {
namespace {

using jobs::PriorityClass;
using namespace std::chrono_literals;

TEST(Aging, RaisesByOneClassForEachInterval) {
    EXPECT_EQ(aged(PriorityClass::p3, 15min - 1us, 15min), PriorityClass::p3);
    EXPECT_EQ(aged(PriorityClass::p3, 15min, 15min), PriorityClass::p2);
    EXPECT_EQ(aged(PriorityClass::p3, 30min - 1us, 15min), PriorityClass::p2);
    EXPECT_EQ(aged(PriorityClass::p3, 30min, 15min), PriorityClass::p1);
    EXPECT_EQ(aged(PriorityClass::p2, 15min, 15min), PriorityClass::p1);
}

TEST(Aging, NeverRaisesToP0AndLeavesP0Alone) {
    EXPECT_EQ(aged(PriorityClass::p3, Duration::max(), 1us), PriorityClass::p1);
    EXPECT_EQ(aged(PriorityClass::p1, Duration::max(), 15min), PriorityClass::p1);
    EXPECT_EQ(aged(PriorityClass::p0, Duration::max(), 15min), PriorityClass::p0);
}

TEST(Aging, DoesNothingWithoutAnIntervalOrWhenNothingWaited) {
    EXPECT_EQ(aged(PriorityClass::p3, 1h, 0s), PriorityClass::p3);
    EXPECT_EQ(aged(PriorityClass::p3, -1h, 15min), PriorityClass::p3);
}

}  // namespace
}  // namespace ideamine::priority
