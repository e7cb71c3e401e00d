#include "giving_way_fixture.hpp"

namespace ideamine::dispatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Of an ordinary job.
Leased leased(std::uint8_t job, int since) {
    return {.job = id(job),
            .worker = id(9),
            .epoch = 5,
            .row = 0,
            .priority_class = 2,
            .since = at(since)};
}

TEST(GivesWayBefore, TheLowestClassGoesFirst) {
    auto lower = leased(2, 10);
    lower.priority_class = 3;
    EXPECT_TRUE(gives_way_before(lower, leased(1, 20)));
    EXPECT_FALSE(gives_way_before(leased(1, 20), lower));
}

TEST(GivesWayBefore, WhoLosesLeastGoesFirst) {
    EXPECT_TRUE(gives_way_before(leased(2, 20), leased(1, 10)));
    EXPECT_FALSE(gives_way_before(leased(1, 10), leased(2, 20)));
}

TEST(GivesWayBefore, OfThoseWhoLoseAsMuchWhoHadToLeastOften) {
    auto often = leased(1, 10);
    often.preemptions = 2;
    EXPECT_TRUE(gives_way_before(leased(2, 10), often));
    EXPECT_FALSE(gives_way_before(often, leased(2, 10)));
}

TEST(GivesWayBefore, AtLastTheirIdsDecide) {
    EXPECT_TRUE(gives_way_before(leased(1, 10), leased(2, 10)));
    EXPECT_FALSE(gives_way_before(leased(2, 10), leased(1, 10)));
    EXPECT_FALSE(gives_way_before(leased(1, 10), leased(1, 10)));
}

TEST_F(GivingWay, TheirOrderIsMergedOverTenantsClassesAndWhatTheyHold) {
    auto cpu = leased(1, 20);
    cpu.holds = {1, 0, 0};
    auto gpu = leased(2, 30);
    gpu.holds = {1, 0, 1};
    auto background = leased(5, 1);
    background.priority_class = 3;
    add(cpu);
    add(gpu, "other");
    add(leased(3, 10));
    add(leased(4, 25), "other");
    add(background);
    EXPECT_THAT(all_jobs(), ElementsAre(5, 2, 4, 1, 3));
    EXPECT_THAT(jobs_of("other"), ElementsAre(2, 4));
    EXPECT_THAT(jobs_of("acme"), ElementsAre(5, 1, 3));
    EXPECT_THAT(jobs_of("nobody"), IsEmpty());
    EXPECT_THAT(jobs({.tenants = {}, .below = 0, .resource = 0, .most = 9}), ElementsAre(2, 1));
    EXPECT_THAT(jobs({.tenants = {}, .below = 0, .resource = 1, .most = 9}), IsEmpty());
    EXPECT_THAT(jobs({.tenants = {}, .below = 2, .resource = -1, .most = 9}), ElementsAre(5));
    EXPECT_THAT(jobs({.tenants = {}, .below = 3, .resource = -1, .most = 9}), IsEmpty());
    EXPECT_THAT(jobs({.tenants = {}, .below = 1, .resource = -1, .most = 2}), ElementsAre(5, 2));
}

TEST_F(GivingWay, WhoEndsDoesNotStandThere) {
    add(leased(1, 10));
    add(leased(2, 20));
    add(leased(3, 30));
    end(2, 5);
    EXPECT_THAT(all_jobs(), ElementsAre(3, 1));
    end(3, 5);
    end(1, 5);
    EXPECT_THAT(all_jobs(), IsEmpty());
}

TEST_F(GivingWay, TheHighestClassNeverDoes) {
    auto critical = leased(1, 10);
    critical.priority_class = 0;
    add(critical);
    EXPECT_THAT(all_jobs(), IsEmpty());
    change(1, 5, {.priority_class = std::uint8_t{1}});
    EXPECT_THAT(all_jobs(), ElementsAre(1));
    change(1, 5, {.priority_class = std::uint8_t{0}});
    EXPECT_THAT(all_jobs(), IsEmpty());
    EXPECT_EQ(end(1, 5), 1);
}

TEST_F(GivingWay, WhoSavesACheckpointLosesLess) {
    add(leased(1, 10));
    add(leased(2, 20));
    add(leased(3, 30));
    change(1, 5, {.since = at(25)});
    EXPECT_THAT(all_jobs(), ElementsAre(3, 1, 2));
    EXPECT_THAT(jobs_of("acme"), ElementsAre(3, 1, 2));
    change(1, 5, {.since = at(40)});
    EXPECT_THAT(all_jobs(), ElementsAre(1, 3, 2));
    change(1, 5, {.since = at(15)});
    EXPECT_THAT(all_jobs(), ElementsAre(1, 3, 2)) << "an older one changes nothing";
}

TEST_F(GivingWay, WhoseClassChangesGoesElsewhere) {
    add(leased(1, 10));
    add(leased(2, 20));
    change(1, 5, {.priority_class = std::uint8_t{3}});
    EXPECT_THAT(all_jobs(), ElementsAre(1, 2));
    EXPECT_THAT(jobs({.tenants = {}, .below = 2, .resource = -1, .most = 9}), ElementsAre(1));
    change(1, 4, {.priority_class = std::uint8_t{2}});
    EXPECT_THAT(all_jobs(), ElementsAre(1, 2)) << "that was an earlier lease";
}

// A transaction lets others have the row before it says here what it has done to it.
TEST_F(GivingWay, OfTwoChangesTheLaterOneHolds) {
    add(leased(1, 10));
    add(leased(2, 20));
    const LeaseChange former{.priority_class = std::uint8_t{1}};
    const LeaseChange latter{.priority_class = std::uint8_t{3}};
    const auto number = announce(1, 5, former);
    change(1, 5, latter);
    change(1, 5, former, number);
    EXPECT_THAT(all_jobs(), ElementsAre(1, 2));
}

TEST_F(GivingWay, WithoutAGroupToGoToALeaseGoes) {
    add(leased(1, 10));
    add(leased(2, 20));
    EXPECT_EQ(change(1, 5, {.priority_class = std::uint8_t{3}}, 1), 1);
    EXPECT_THAT(all_jobs(), ElementsAre(2));
    EXPECT_EQ(state_->leased, 1U);
    EXPECT_EQ(end(1, 5), 0);
}

TEST_F(GivingWay, AJobStandsThereByItsLatestLease) {
    auto again = leased(1, 30);
    again.epoch = 6;
    again.transaction = 77;
    add(leased(1, 10));
    add(leased(2, 20));
    add(again);
    EXPECT_THAT(all_jobs(), ElementsAre(1, 2));
    undo(1, 6, 77);
    EXPECT_THAT(all_jobs(), ElementsAre(2, 1)) << "the earlier one counts again";
    add(again);
    end(1, 5);
    EXPECT_THAT(all_jobs(), ElementsAre(1, 2));
}

TEST_F(GivingWay, WhatIsReadFromTheTableIsNotNewerThanWhatIsKnown) {
    auto begun = leased(1, 10);
    begun.transaction = 77;
    add(begun);
    add(leased(2, 20));
    change(1, 5, {.since = at(30), .priority_class = std::uint8_t{1}});
    add(leased(1, 10));
    undo(1, 5, 77);
    EXPECT_THAT(jobs({.tenants = {}, .below = 1, .resource = -1, .most = 9}), ElementsAre(2));
    EXPECT_EQ(list({.tenants = {}, .below = 0, .resource = -1, .most = 9}).back().what.since,
              at(30));
}

}  // namespace
}  // namespace ideamine::dispatch
