#include "jobs/turns.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

namespace ideamine::jobs {
namespace {

constexpr std::int32_t largest = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t smallest = std::numeric_limits<std::int32_t>::min();

std::vector<std::int32_t> deal_one_by_one(std::int32_t wanted, std::int32_t tenants) {
    std::vector<std::int32_t> shares(static_cast<std::size_t>(tenants));
    for (std::int32_t i = 0; i < wanted; ++i) {
        ++shares[static_cast<std::size_t>(i % tenants)];
    }
    return shares;
}

TEST(Turns, SharesAreThoseOfDealingOneByOne) {
    for (std::int32_t tenants = 1; tenants <= 40; ++tenants) {
        for (std::int32_t wanted = 0; wanted <= 200; ++wanted) {
            ASSERT_EQ(share_out(wanted, tenants), deal_one_by_one(wanted, tenants))
                << wanted << " jobs to " << tenants << " tenants";
        }
    }
}

TEST(Turns, TheFirstTenantsGetWhatIsLeftOver) {
    EXPECT_EQ(share_out(5, 3), (std::vector<std::int32_t>{2, 2, 1}));
    EXPECT_EQ(share_out(2, 3), (std::vector<std::int32_t>{1, 1, 0}));
}

TEST(Turns, LargeNumbersAreShared) {
    EXPECT_EQ(share_out(largest, 1), std::vector<std::int32_t>{largest});
    const std::vector<std::int32_t> shares = share_out(largest, 1'000'000);
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}), largest);
    EXPECT_EQ(shares.front() - shares.back(), 1);
}

TEST(Turns, WithoutTenantsThereAreNoShares) {
    EXPECT_TRUE(share_out(10, 0).empty());
    EXPECT_TRUE(share_out(10, -1).empty());
    EXPECT_TRUE(share_out(10, smallest).empty());
}

TEST(Turns, NothingWantedGivesNothingToEverybody) {
    EXPECT_EQ(share_out(0, 3), (std::vector<std::int32_t>{0, 0, 0}));
    EXPECT_EQ(share_out(-1, 3), (std::vector<std::int32_t>{0, 0, 0}));
    EXPECT_EQ(share_out(smallest, 2), (std::vector<std::int32_t>{0, 0}));
}

}  // namespace
}  // namespace ideamine::jobs
