#include "dispatch/plane.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "plane_fixture.hpp"

namespace ideamine::dispatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(PlaneTest, AnEmptyOneGivesNothing) {
    EXPECT_THAT(take(10), IsEmpty());
}

TEST_F(PlaneTest, GivesWhatHasBeenReadyLongestFirst) {
    append({}, {1, 2});
    append({}, {3});
    EXPECT_THAT(numbers(take(2)), ElementsAre(1, 2));
    append({}, {4});
    EXPECT_THAT(numbers(take(9)), ElementsAre(3, 4));
    EXPECT_EQ(plane_.size(), 0);
}

TEST_F(PlaneTest, TakesInWhatHasBeenReadyLongerWhereItBelongs) {
    append({}, {5, 9});
    append({}, {1, 7, 10});
    append({}, {6});
    append({}, {2, 3});
    EXPECT_THAT(numbers(take(4)), ElementsAre(1, 2, 3, 5));
    append({}, {4, 11});
    EXPECT_THAT(numbers(take(9)), ElementsAre(4, 6, 7, 9, 10, 11));
}

TEST_F(PlaneTest, GivesTheHighestClassFirst) {
    append({.priority_class = 3}, {1});
    append({.priority_class = 0}, {2});
    append({.priority_class = 2}, {3});
    EXPECT_THAT(numbers(take(9)), ElementsAre(2, 3, 1));
}

TEST_F(PlaneTest, GivesAWorkerWhatItCanDo) {
    append({.lane = "{gpu}"}, {1});
    append({}, {2});
    append({.lane = "{web}"}, {3});
    EXPECT_THAT(numbers(take(9)), ElementsAre(2));
    EXPECT_THAT(numbers(take(9, {"{}", "{web}", "{gpu}"})), ElementsAre(1, 3));
}

TEST_F(PlaneTest, MergesTheLanesOfATenantByTheTimeAtWhichJobsBecameReady) {
    append({}, {1, 4, 5});
    append({.lane = "{gpu}"}, {2, 3, 6});
    EXPECT_THAT(numbers(take(9, {"{gpu}", "{}"})), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(PlaneTest, GivesAWorkerOfSomeTenantsTheirs) {
    append({.tenant = "a"}, {1});
    append({.tenant = "bb"}, {2});
    append({.tenant = "ccc"}, {3});
    EXPECT_THAT(numbers(take(9, {"{}"}, {{"ccc", "a", "dddd"}})), ElementsAre(1, 3));
    EXPECT_THAT(numbers(take(9, {"{}"}, std::vector<std::string>{})), IsEmpty());
    EXPECT_THAT(numbers(take(9)), ElementsAre(2));
}

TEST_F(PlaneTest, TenantsTakeTurns) {
    append({.tenant = "a"}, range(1, 5));
    append({.tenant = "bb"}, range(11, 12));
    append({.tenant = "ccc"}, range(21, 25));
    EXPECT_THAT(numbers(take(9)), ElementsAre(1, 11, 21, 2, 12, 22, 3, 23, 4));
}

TEST_F(PlaneTest, AreServedByWeight) {
    append({.tenant = "a"}, range(1, 1000));
    append({.tenant = "bb"}, range(1001, 2000));
    append({.tenant = "ccc"}, range(2001, 3000));
    plane_.set_weight(tenant_of("a"), 50);
    plane_.set_weight(tenant_of("ccc"), 250);
    const auto count = tenants(take(800));
    EXPECT_NEAR(count.at("a"), 100, 1);
    EXPECT_NEAR(count.at("bb"), 200, 1);
    EXPECT_NEAR(count.at("ccc"), 500, 1);
}

TEST_F(PlaneTest, WhoHadNothingToDoHasSavedUpNothing) {
    append({.tenant = "a"}, range(1, 1000));
    append({.tenant = "bb"}, {2000});
    take(500);
    append({.tenant = "bb"}, range(2001, 2500));
    EXPECT_NEAR(tenants(take(100)).at("a"), 50, 1);
}

TEST_F(PlaneTest, WhoHasWaitedWithoutAWorkerThatServesItHasSavedUpNothingBeyondItsTurn) {
    append({.tenant = "a", .lane = "{gpu}"}, range(1, 100));
    append({.tenant = "bb"}, range(101, 1000));
    take(500);
    const auto count = tenants(take(20, {"{}", "{gpu}"}));
    EXPECT_EQ(count.at("a"), 20) << "what it was not given while others were, it is owed";
}

TEST_F(PlaneTest, JobsThatTakeLongCostMore) {
    append({.tenant = "a"}, range(1, 400));
    append({.tenant = "bb"}, range(1001, 1400));
    std::map<std::string, int> seconds;
    for (int i = 0; i < 200; ++i) {
        const auto tenant = tenants(take(1)).begin()->first;
        const int busy = tenant == "a" ? 3 : 1;
        seconds[tenant] += busy;
        plane_.charge(tenant_of(tenant), 2, std::chrono::seconds{busy - 1});
    }
    EXPECT_NEAR(seconds.at("a"), seconds.at("bb"), 3);
}

TEST_F(PlaneTest, WhoComesBackOwesAMinuteAtMost) {
    append({.tenant = "a"}, {1});
    take(1);
    plane_.charge(tenant_of("a"), 2, std::chrono::hours{1});
    append({.tenant = "a"}, range(2, 100));
    append({.tenant = "bb"}, range(1001, 1200));
    EXPECT_THAT(tenants(take(60)), ElementsAre(testing::Pair("bb", 60)));
    EXPECT_NEAR(tenants(take(40)).at("a"), 20, 1);
}

TEST_F(PlaneTest, WhatIsPutBackComesFirstAndCostsNothing) {
    append({.tenant = "a"}, range(1, 10));
    append({.tenant = "bb"}, range(11, 20));
    const auto taken = take(6);
    put_back(taken);
    EXPECT_EQ(plane_.size(), 20);
    EXPECT_EQ(numbers(take(6)), numbers(taken));
}

TEST_F(PlaneTest, AParkedQueueLetsOthersPass) {
    append({.tenant = "a"}, range(1, 10));
    append({.tenant = "bb"}, range(11, 12));
    gate_.answers["a"] = Gate::Answer::park;
    EXPECT_THAT(numbers(take(9)), ElementsAre(11, 12));
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    gate_.answers.clear();
    append({.tenant = "a"}, {13});
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    plane_.unpark_all();
    EXPECT_THAT(numbers(take(3)), ElementsAre(1, 2, 3));
}

TEST_F(PlaneTest, ParkingConcernsOneQueue) {
    append({.priority_class = 0}, {1});
    gate_.answers["acme"] = Gate::Answer::park;
    EXPECT_THAT(numbers(take(1)), IsEmpty());
    append({.priority_class = 0}, {2});
    append({.priority_class = 2}, {3});
    gate_.answers.clear();
    EXPECT_THAT(numbers(take(9)), ElementsAre(3));
}

TEST_F(PlaneTest, StopsWhereTheGateSaysSo) {
    append({.tenant = "a"}, {1, 2});
    append({.tenant = "bb"}, {3});
    gate_.answers["bb"] = Gate::Answer::stop;
    EXPECT_THAT(numbers(take(9)), ElementsAre(1));
    EXPECT_EQ(plane_.size(), 2);
}

TEST_F(PlaneTest, NothingGoesBeforeWhatFoundNoRoom) {
    append({.tenant = "a", .priority_class = 1}, {1, 2});
    append({.tenant = "bb", .priority_class = 1}, {3, 4, 5});
    append({.tenant = "bb", .priority_class = 2}, {6});
    append({.priority_class = 0, .lane = "{gpu}"}, {7});
    plane_.spill(queue_of({.tenant = "a", .priority_class = 1}));
    plane_.spill(queue_of({.priority_class = 0, .lane = "{gpu}"}));
    EXPECT_THAT(numbers(take(1, {"{gpu}"})), ElementsAre(7));
    EXPECT_THAT(numbers(take(2)), ElementsAre(1, 3));  // whoever cannot do it does not wait for it
    EXPECT_FALSE(is_dry_);
    EXPECT_THAT(numbers(take(9)), ElementsAre(2));
    EXPECT_TRUE(is_dry_);
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    append({.tenant = "a", .priority_class = 1}, {8});  // comes back
    EXPECT_THAT(numbers(take(9)), ElementsAre(4, 8));
    dry_ = Plane::Dry::makes_do;
    EXPECT_THAT(numbers(take(9)), ElementsAre(5, 6));
    EXPECT_FALSE(is_dry_);
    dry_ = Plane::Dry::ends;
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    EXPECT_TRUE(is_dry_);
    free_chunks(heap_, plane_.clear());
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    EXPECT_FALSE(is_dry_);
}

TEST_F(PlaneTest, WithoutRoomNothingIsMadeAndNothingLost) {
    Heap small{200};
    const Key key{.tenant = "acme", .hash = 1, .lane = "{}", .priority_class = 0};
    {
        const Parts parts{small, key, Rooms{4}};
        EXPECT_FALSE(parts.complete());
        EXPECT_EQ(make_chunk(small, std::vector<Item>(100)), 0);
    }
    EXPECT_EQ(small.pieces(), 0);
}

}  // namespace
}  // namespace ideamine::dispatch
