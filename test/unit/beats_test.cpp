#include "workers/beats.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

namespace ideamine::workers {
namespace {

using namespace std::chrono_literals;

const Time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h};

WorkerKey key(std::uint8_t number, std::uint64_t installation = 1) {
    WorkerKey key{.installation = installation, .worker = {}};
    key.worker.bytes.fill(number);
    return key;
}

// Of one bucket, since these bytes say which.
WorkerKey of_one_bucket(std::uint8_t number) {
    WorkerKey key{.installation = 1, .worker = {}};
    key.worker.bytes[0] = number;
    return key;
}

class BeatsTest : public testing::Test {
  protected:
    // As the server hands shared memory over.
    std::unique_ptr<Beats> owned_ = std::make_unique<Beats>(Beats{});
    Beats& beats_ = *owned_;
};

TEST_F(BeatsTest, RowCountsWhereNothingIsNoted) {
    beats_.begin(noon);
    EXPECT_EQ(beats_.latest(key(1), noon + 1s), noon + 1s);
    EXPECT_FALSE(beats_.extend(key(1), noon + 1s, noon + 5s));
    EXPECT_EQ(beats_.latest(key(1), noon + 1s), noon + 1s);
}

TEST_F(BeatsTest, NoteExtendsWhatTheRowSays) {
    beats_.begin(noon);
    EXPECT_TRUE(beats_.note(key(1), noon, noon + 5s));
    EXPECT_EQ(beats_.latest(key(1), noon), noon + 5s);
    EXPECT_TRUE(beats_.extend(key(1), noon, noon + 9s));
    EXPECT_EQ(beats_.latest(key(1), noon), noon + 9s);
    EXPECT_EQ(beats_.latest(key(2), noon), noon);
    EXPECT_EQ(beats_.latest(key(1, 2), noon), noon) << "of another installation";
}

TEST_F(BeatsTest, ClockThatStepsBackTakesNothingBack) {
    beats_.begin(noon);
    ASSERT_TRUE(beats_.note(key(1), noon, noon + 9s));
    EXPECT_TRUE(beats_.note(key(1), noon, noon + 5s));
    EXPECT_TRUE(beats_.extend(key(1), noon, noon + 1s));
    EXPECT_EQ(beats_.latest(key(1), noon), noon + 9s);
}

TEST_F(BeatsTest, RowThatWasWrittenSinceIsRight) {
    beats_.begin(noon);
    ASSERT_TRUE(beats_.note(key(1), noon + 1s, noon + 5s));
    EXPECT_EQ(beats_.latest(key(1), noon + 60s), noon + 60s);
    EXPECT_EQ(beats_.latest(key(1), noon + 0s), noon + 0s) << "also if it was set back";
    EXPECT_FALSE(beats_.extend(key(1), noon + 60s, noon + 61s));
    EXPECT_TRUE(beats_.note(key(1), noon + 60s, noon + 61s));
    EXPECT_EQ(beats_.latest(key(1), noon + 60s), noon + 61s);
}

TEST_F(BeatsTest, NobodyExtendsWhatWasForgotten) {
    beats_.begin(noon);
    ASSERT_TRUE(beats_.note(key(1), noon, noon + 5s));
    beats_.forget(key(1));
    beats_.forget(key(2));
    EXPECT_FALSE(beats_.extend(key(1), noon, noon + 6s));
    EXPECT_EQ(beats_.latest(key(1), noon), noon);
}

// Whatever was noted before memory was lost was at most `lag` after the row, and before now.
TEST_F(BeatsTest, WhatMemoryForgotCountsInFavourOfTheWorker) {
    const auto possible = [&](Time written) {
        return beats_.latest_possible(key(1), written, 30s);
    };
    EXPECT_EQ(possible(noon), noon) << "nobody has begun";
    beats_.begin(noon);
    beats_.begin(noon + 1h);
    EXPECT_EQ(possible(noon - 10s), noon);
    EXPECT_EQ(possible(noon - 50s), noon - 20s);
    EXPECT_EQ(possible(noon + 1s), noon + 1s);
    EXPECT_EQ(possible(Time::min()), Time::min() + 30s);
    EXPECT_EQ(possible(Time::max()), Time::max());
    EXPECT_EQ(beats_.latest(key(1), noon - 10s), noon - 10s) << "it is not known, though";
    ASSERT_TRUE(beats_.note(key(1), noon - 10s, noon - 5s));
    EXPECT_EQ(possible(noon - 10s), noon) << "another note may have been later";
    ASSERT_TRUE(beats_.note(key(1), noon - 10s, noon + 5s));
    EXPECT_EQ(possible(noon - 10s), noon + 5s);
}

TEST_F(BeatsTest, WhatFindsNoRoomIsRefused) {
    beats_.begin(noon);
    for (std::uint8_t i = 1; i <= Beats::ways; ++i) {
        ASSERT_TRUE(beats_.note(of_one_bucket(i), noon, noon + i * 1s));
    }
    EXPECT_FALSE(beats_.note(of_one_bucket(100), noon, noon + 1min));
    for (std::uint8_t i = 1; i <= Beats::ways; ++i) {
        EXPECT_EQ(beats_.latest(of_one_bucket(i), noon), noon + i * 1s);
    }
    // one that has not been heard of for a day makes room
    EXPECT_TRUE(beats_.note(of_one_bucket(100), noon, noon + 24h + 1s));
    EXPECT_EQ(beats_.latest(of_one_bucket(100), noon), noon + 24h + 1s);
    EXPECT_EQ(beats_.latest(of_one_bucket(1), noon), noon);
    EXPECT_EQ(beats_.latest(of_one_bucket(2), noon), noon + 2s);
}

// Against a map, with workers that are written, noted, extended and given up in any order.
TEST_F(BeatsTest, AgreesWithAMap) {
    struct Known {
        Time written;
        Time latest;
    };
    std::mt19937 random{20261122};
    std::map<std::uint8_t, Known> model;
    std::map<std::uint8_t, Time> rows;
    beats_.begin(noon);
    Time now = noon;
    for (int i = 0; i < 100'000; ++i) {
        now += std::chrono::milliseconds{random() % 100};
        const auto worker = static_cast<std::uint8_t>(1 + random() % 40);
        auto& row = rows.try_emplace(worker, noon).first->second;
        const auto known = model.find(worker);
        const bool is_known = known != model.end() && known->second.written == row;
        switch (random() % 5) {
            case 0:
                row = now;
                break;
            case 1:
                ASSERT_TRUE(beats_.note(key(worker), row, now));
                model[worker] = {row, now};
                break;
            case 2:
                ASSERT_EQ(beats_.extend(key(worker), row, now), is_known);
                if (is_known) {
                    known->second.latest = now;
                }
                break;
            case 3:
                beats_.forget(key(worker));
                model.erase(worker);
                break;
            default:
                ASSERT_EQ(beats_.latest(key(worker), row), is_known ? known->second.latest : row);
        }
    }
}

}  // namespace
}  // namespace ideamine::workers
