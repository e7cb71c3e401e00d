#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "leases_fixture.hpp"

namespace ideamine::dispatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(LeasesTest, StandUnderTheirWorkers) {
    add(1, 10, 5);
    add(2, 10, 5);
    add(3, 11, 5);
    EXPECT_THAT(of(10), ElementsAre(std::tuple{1, 10, 5, 0}, std::tuple{2, 10, 5, 0}));
    EXPECT_THAT(of(11), ElementsAre(std::tuple{3, 11, 5, 0}));
    EXPECT_THAT(of(12), IsEmpty());
    EXPECT_EQ(state_->leased, 3U);
}

TEST_F(LeasesTest, OneThatWasReadFromTheTableAsWellStandsOnce) {
    EXPECT_TRUE(add(1, 10, 5));
    EXPECT_FALSE(add(1, 10, 5));
    EXPECT_EQ(end(1, 5), 1);
    EXPECT_THAT(all(), IsEmpty());
}

TEST_F(LeasesTest, TheEndOfALeaseLeavesALaterOne) {
    add(1, 10, 5);
    add(1, 11, 6);
    EXPECT_EQ(end(1, 5), 1);
    EXPECT_THAT(all(), ElementsAre(std::tuple{1, 11, 6, 0}));
}

// The epoch of a lease that is rolled back is given to whoever leases the job next, perhaps before
// the one that rolls back is here to say so.
TEST_F(LeasesTest, ARollbackTakesItsOwnAlone) {
    add(1, 10, 5, 0, 77);
    EXPECT_TRUE(add(1, 11, 5, 0, 78));
    EXPECT_EQ(undo(1, 5, 77), 1);
    EXPECT_THAT(all(), ElementsAre(std::tuple{1, 11, 5, 78}));
    EXPECT_EQ(undo(1, 5, 77), 0);
}

TEST_F(LeasesTest, AnEndTakesWhatWasReadFromTheTableAsWell) {
    add(1, 10, 5, 0, 77);
    add(1, 10, 5);
    EXPECT_EQ(end(1, 5), 2);
    EXPECT_THAT(all(), IsEmpty());
}

TEST_F(LeasesTest, KnowWhereTheirJobsStand) {
    add(1, 10, 5, 77);
    EXPECT_EQ(leases().row_of(id(1), 5), 77U);
    EXPECT_EQ(leases().row_of(id(1), 6), 0U);
    EXPECT_EQ(leases().row_of(id(2), 5), 0U);
}

// Many share a bucket here, because ids differ in their last byte only.
TEST_F(LeasesTest, RandomHistoriesAreThoseOfASet) {
    std::mt19937 random{20'260'121};
    const auto pick = [&random](int most) {
        return std::uniform_int_distribution{1, most}(random);
    };
    Listed model;
    for (int i = 0; i < 20'000; ++i) {
        const auto job = static_cast<std::uint8_t>(pick(40));
        const auto epoch = pick(4);
        const auto transaction = static_cast<std::uint32_t>(pick(3) - 1);
        if (pick(2) == 1) {
            const auto worker = static_cast<std::uint8_t>(1 + (job + epoch) % 5);
            ASSERT_EQ(add(job, worker, epoch, 0, transaction),
                      model.emplace(job, worker, epoch, transaction).second);
        } else {
            const bool ends = pick(2) == 1;
            const auto gone = std::erase_if(model, [&](const auto& lease) {
                const auto& [of_job, worker, of_epoch, of_transaction] = lease;
                return of_job == job && (ends ? of_epoch <= epoch
                                              : of_epoch == epoch && of_transaction == transaction);
            });
            ASSERT_EQ(ends ? end(job, epoch) : undo(job, epoch, transaction),
                      static_cast<int>(gone));
        }
        ASSERT_EQ(all(), model);
        ASSERT_EQ(state_->leased, model.size());
        const auto worker = static_cast<std::uint8_t>(pick(5));
        Listed expected;
        std::ranges::copy_if(model, std::inserter(expected, expected.end()),
                             [&](const auto& lease) { return std::get<1>(lease) == worker; });
        ASSERT_EQ(of(worker), expected);
    }
    for (std::uint8_t job = 1; job <= 40; ++job) {
        end(job, 9);
    }
    EXPECT_TRUE(is_nothing_left());
}

}  // namespace
}  // namespace ideamine::dispatch
