#include "jobs/turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace ideamine::jobs {
namespace {

using Counts = std::vector<std::int32_t>;

// The promise: one job from each tenant that has one, in turn, beginning with the first.
Counts deal_one_by_one(Counts backlog, std::int32_t wanted) {
    Counts dealt(backlog.size());
    while (wanted > 0 && std::ranges::any_of(backlog, [](auto jobs) { return jobs > 0; })) {
        for (std::size_t tenant = 0; tenant < backlog.size() && wanted > 0; ++tenant) {
            if (backlog[tenant] > 0) {
                --backlog[tenant];
                ++dealt[tenant];
                --wanted;
            }
        }
    }
    return dealt;
}

// As claims do it: rounds over tenants that have something, beginning after the one that gave last.
Counts deal_in_turns(Counts backlog, std::int32_t wanted) {
    const std::size_t tenants = backlog.size();
    Counts dealt(tenants);
    std::size_t next = 0;
    while (wanted > 0) {
        std::vector<std::size_t> round;
        for (std::size_t i = 0; i < tenants && round.size() < static_cast<std::size_t>(wanted);
             ++i) {
            if (backlog[(next + i) % tenants] > 0) {
                round.push_back((next + i) % tenants);
            }
        }
        if (round.empty()) {
            break;
        }
        const auto most = jobs_per_turn(wanted, static_cast<std::int32_t>(round.size()));
        for (const auto tenant : round) {
            const auto given = std::min(most, backlog[tenant]);
            backlog[tenant] -= given;
            dealt[tenant] += given;
            wanted -= given;
            next = tenant + 1;
        }
    }
    return dealt;
}

TEST(Turns, ComeToTheSameAsDealingOneByOne) {
    std::mt19937 random(20261121);
    for (int run = 0; run < 20'000; ++run) {
        Counts backlog(1 + random() % 8);
        for (auto& jobs : backlog) {
            jobs = static_cast<std::int32_t>(random() % (run % 2 == 0 ? 4 : 30));
        }
        const auto wanted = static_cast<std::int32_t>(random() % 60);
        ASSERT_EQ(deal_in_turns(backlog, wanted), deal_one_by_one(backlog, wanted))
            << "run " << run << ", " << wanted << " wanted";
    }
}

TEST(Turns, NeverTakeMoreThanIsWanted) {
    for (std::int32_t wanted = 1; wanted <= 200; ++wanted) {
        for (std::int32_t tenants = 1; tenants <= wanted; ++tenants) {
            ASSERT_LE(jobs_per_turn(wanted, tenants) * tenants, wanted);
            ASSERT_GE(jobs_per_turn(wanted, tenants), 1);
        }
    }
}

TEST(Turns, AreDefinedAtTheEndsOfTheRange) {
    constexpr auto largest = std::numeric_limits<std::int32_t>::max();
    EXPECT_EQ(jobs_per_turn(largest, 1), largest);
    EXPECT_EQ(jobs_per_turn(1, largest), 1);
    EXPECT_EQ(jobs_per_turn(5, 0), 5);
}

}  // namespace
}  // namespace ideamine::jobs
