#include "access/tenant.hpp"

#include <gtest/gtest.h>

#include "ideamine/error.hpp"

namespace ideamine::access {
namespace {

TEST(TenantTest, TakesTheTiersThereAre) {
    for (const auto* tier : {"free", "standard", "premium", "enterprise"}) {
        EXPECT_NO_THROW(check_tier(tier));
    }
    EXPECT_THROW(check_tier("Free"), Error);
    EXPECT_THROW(check_tier(""), Error);
}

TEST(TenantTest, TakesWeightsFrom1To1000) {
    EXPECT_NO_THROW(check_weight(1));
    EXPECT_NO_THROW(check_weight(1000));
    EXPECT_THROW(check_weight(0), Error);
    EXPECT_THROW(check_weight(1001), Error);
    EXPECT_THROW(check_weight(-1), Error);
}

}  // namespace
}  // namespace ideamine::access
