// Who stands at the heads of the queues of high classes.
#include <gmock/gmock.h>

#include "plane_fixture.hpp"

namespace ideamine::dispatch {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class PlaneHeadsTest : public PlaneTest {
  protected:
    std::vector<int> heads(std::uint8_t lowest_class, std::size_t room = 100, Offset tenant = 0) {
        std::vector<Head> found;
        found.reserve(room);
        plane_.list_heads({.mark = '!', .lowest_class = lowest_class, .tenant = tenant}, found);
        std::vector<int> listed;
        for (const auto& head : found) {
            listed.push_back(number(head.item));
        }
        return listed;
    }
};

TEST_F(PlaneHeadsTest, AreOfTheClassesAndLanesThatAreAskedFor) {
    append({.priority_class = 0, .lane = "{}!"}, {1});
    append({.priority_class = 1, .lane = "{gpu}!"}, {2});
    append({.priority_class = 2, .lane = "{}!"}, {3});
    append({.priority_class = 0, .lane = "{}"}, {4});
    EXPECT_THAT(heads(1), UnorderedElementsAre(1, 2));
    EXPECT_THAT(heads(0), ElementsAre(1));
}

TEST_F(PlaneHeadsTest, AreOfTheClassThatJobsWereAssignedAndNotOfOneThatWaitingRaisedThemTo) {
    append({.priority_class = 2, .lane = "{}!"}, {1});
    plane_.age(Time{Duration{1'000'000}}, Duration{100}, 0, state_.tenants.size());
    EXPECT_THAT(heads(1), IsEmpty());
    EXPECT_THAT(heads(2), ElementsAre(1));
}

TEST_F(PlaneHeadsTest, AreThereInWhicheverOrderTheyCame) {
    append({.priority_class = 0, .lane = "{}!"}, {5});
    append({.priority_class = 0, .lane = "{}!"}, {7});
    append({.priority_class = 0, .lane = "{}!"}, {3});
    append({.priority_class = 0, .lane = "{}!"}, {4});
    EXPECT_THAT(heads(0), testing::IsSupersetOf({3, 4, 5, 7}));
}

TEST_F(PlaneHeadsTest, AreAFewOfALongQueueAndNoMoreThanThereIsRoomFor) {
    std::vector<int> many(1000);
    for (int i = 0; i < 1000; ++i) {
        many[static_cast<std::size_t>(i)] = i + 1;
    }
    append({.priority_class = 0, .lane = "{}!"}, many);
    EXPECT_THAT(heads(0), testing::AllOf(SizeIs(testing::Lt(100U)), Each(testing::Lt(100)),
                                         testing::Contains(1)));
    EXPECT_THAT(heads(0, 2), ElementsAre(1, 2));
    take(1, {"{}!"});
    EXPECT_THAT(heads(0, 1), ElementsAre(2));
}

TEST_F(PlaneHeadsTest, AreOfOneTenantIfItIsNamed) {
    append({.tenant = "acme", .priority_class = 1, .lane = "{}!"}, {1});
    append({.tenant = "globex", .priority_class = 1, .lane = "{}!"}, {2});
    EXPECT_THAT(heads(1, 100, tenant_of("globex")), ElementsAre(2));
}

// However long the queues are, and in whichever lanes they stand.
TEST_F(PlaneHeadsTest, AreOfAllQueuesWhereThereIsLittleRoomAndTheHighestClassFirst) {
    int next = 1;
    std::vector<int> first;
    const auto add_queue = [&](const std::string& tenant, std::uint8_t priority_class,
                               const std::string& lane) {
        first.push_back(next);
        append({.tenant = tenant, .priority_class = priority_class, .lane = lane},
               {next, next + 1, next + 2, next + 3, next + 4, next + 5});
        next += 6;
    };
    std::vector<std::string> tenants;
    for (int i = 0; i < 40; ++i) {
        tenants.push_back("tenant-" + std::to_string(i));
        add_queue(tenants.back(), 1, "{}!");
    }
    for (const auto& tenant : tenants) {
        add_queue(tenant, 0, "{gpu}!");
    }
    const auto highest = std::vector<int>(first.begin() + 40, first.end());
    EXPECT_THAT(heads(1, 100), testing::IsSupersetOf(highest));
    EXPECT_THAT(heads(1, 120), testing::IsSupersetOf(first));
    EXPECT_THAT(heads(1, 40), testing::UnorderedElementsAreArray(highest));
}

// The earliest one may have come late.
TEST_F(PlaneHeadsTest, BeginWithTheEarliestOfAQueue) {
    append({.priority_class = 0, .lane = "{}!"}, {5, 6});
    append({.priority_class = 0, .lane = "{}!"}, {1, 2});
    EXPECT_THAT(heads(0, 1), ElementsAre(1));
}

}  // namespace
}  // namespace ideamine::dispatch
