#include "jobs/lease.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace ideamine::jobs {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr Time noon{seconds{1'700'000'000}};
constexpr Incarnation last_incarnation = std::numeric_limits<Incarnation>::max();
constexpr Epoch epoch_of(std::int64_t incarnation, std::int64_t n) {
    return incarnation * 4'294'967'296 + n;
}

TEST(Lease, EpochsCountFromOneWithinAnIncarnation) {
    EXPECT_EQ(next_epoch(1, 0), epoch_of(1, 1));
    EXPECT_EQ(next_epoch(1, epoch_of(1, 1)), epoch_of(1, 2));
    EXPECT_EQ(next_epoch(7, 0), epoch_of(7, 1));
}

TEST(Lease, EpochsStartAgainAboveAllOthersInANewIncarnation) {
    EXPECT_EQ(next_epoch(2, epoch_of(1, 500)), epoch_of(2, 1));
    EXPECT_EQ(next_epoch(2, epoch_of(1, 4'294'967'295)), epoch_of(2, 1));
    EXPECT_EQ(next_epoch(last_incarnation, 0), epoch_of(last_incarnation, 1));
}

TEST(Lease, EpochsOfOneIncarnationNeverReachIntoTheNext) {
    EXPECT_EQ(next_epoch(1, epoch_of(1, 4'294'967'294)), epoch_of(1, 4'294'967'295));
    EXPECT_THROW(next_epoch(1, epoch_of(1, 4'294'967'295)), std::overflow_error);
    EXPECT_THROW(next_epoch(last_incarnation, std::numeric_limits<Epoch>::max()),
                 std::overflow_error);
}

TEST(Lease, AnEpochFromALaterIncarnationIsRefused) {
    EXPECT_THROW(next_epoch(1, epoch_of(2, 1)), std::invalid_argument);
    EXPECT_THROW(next_epoch(1, epoch_of(2, 0)), std::invalid_argument);
}

TEST(Lease, AnIncarnationBelowOneIsRefused) {
    EXPECT_THROW(next_epoch(0, 0), std::invalid_argument);
    EXPECT_THROW(next_epoch(-1, 0), std::invalid_argument);
}

// The server may lose the latest claims in a crash, because they are committed asynchronously, but
// never the incarnation. No epoch may be handed out twice for all that, and each is above all
// before.
TEST(Lease, NoEpochReturnsAfterACrashThatLostClaims) {
    int lost_claims = 0;
    for (unsigned seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        Incarnation incarnation = 1;
        std::vector<Epoch> log{
            0};                   // the job's epochs as far as they are known since the last crash
        std::size_t flushed = 0;  // up to where a crash leaves the log
        Epoch highest_handed_out = 0;
        for (int step = 0; step < 200; ++step) {
            switch (random() % 4) {
                case 0:
                    flushed += random() % (log.size() - flushed);
                    break;
                case 1:
                    lost_claims += static_cast<int>(log.size() - 1 - flushed);
                    log.resize(flushed + 1);
                    ++incarnation;
                    break;
                default:
                    log.push_back(next_epoch(incarnation, log.back()));
                    ASSERT_GT(log.back(), highest_handed_out) << "seed " << seed;
                    highest_handed_out = log.back();
            }
        }
    }
    EXPECT_GT(lost_claims, 10'000);
}

TEST(Lease, OnlyTheLiveEpochOfARunningJobSpeaksForIt) {
    EXPECT_EQ(judge(true, 5, 5), Verdict::ok);
    EXPECT_EQ(judge(true, 5, 4), Verdict::stale);
    EXPECT_EQ(judge(true, 5, 6), Verdict::stale);
    EXPECT_EQ(judge(false, 5, 5), Verdict::stale);
    EXPECT_EQ(judge(false, 0, 0), Verdict::stale);
}

TEST(Lease, EndsItsOwnLengthAfterTheLastSignOfLife) {
    EXPECT_EQ(lease_end(noon, noon + 20s, 60s), noon + 80s);
    // The worker's last heartbeat may be older than the lease.
    EXPECT_EQ(lease_end(noon, noon - 20s, 60s), noon + 60s);
    EXPECT_EQ(lease_end(noon, Time::min(), 60s), noon + 60s);
}

TEST(Lease, EndsWithinTheRangeOfTime) {
    EXPECT_EQ(lease_end(noon, noon, Duration::max()), Time::max());
    EXPECT_EQ(lease_end(noon, Time::max(), 60s), Time::max());
    EXPECT_EQ(lease_end(Time::min(), Time::min(), Duration::min()), Time::min());
    EXPECT_EQ(lease_end(Time::max(), Time::max(), Duration::min()), Time::max() + Duration::min());
    EXPECT_EQ(lease_end(Time::max() - 60s, noon, 60s), Time::max());
    EXPECT_EQ(lease_end(Time::max() - 90s, noon, 60s), Time::max() - 30s);
    EXPECT_EQ(lease_end(Time::min() + 60s, Time::min(), -60s), Time::min());
    EXPECT_EQ(lease_end(Time::min() + 90s, Time::min(), -60s), Time::min() + 30s);
}

TEST(Lease, OutcomesAreSpelledAsTheSqlTypeSpellsThem) {
    EXPECT_EQ(to_string(Outcome::completed), "completed");
    EXPECT_EQ(to_string(Outcome::failed), "failed");
    EXPECT_EQ(to_string(Outcome::lost), "lost");
    EXPECT_EQ(to_string(Outcome::timed_out), "timed_out");
    EXPECT_EQ(to_string(Outcome::released), "released");
    EXPECT_EQ(to_string(Outcome::cancelled), "cancelled");
}

TEST(Fate, AFailureWaitsForTheBackoffOfItsAttempt) {
    for (const Outcome outcome : {Outcome::failed, Outcome::timed_out}) {
        const std::vector<seconds> delays{1s, 2s, 4s, 8s, 16s};
        for (int attempt = 1; attempt <= 5; ++attempt) {
            const Fate fate = decide_fate(outcome, {}, attempt, true, std::nullopt, 0.0);
            EXPECT_EQ(fate.kind, Fate::Kind::delayed);
            EXPECT_EQ(fate.delay, delays[static_cast<std::size_t>(attempt - 1)]) << attempt;
            EXPECT_TRUE(fate.attempt_counts);
        }
    }
}

TEST(Fate, AFailureWaitsWithJitter) {
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, true, std::nullopt, 0.5).delay, 1'500ms);
}

TEST(Fate, ALostAttemptIsRetriedAtOnceAndCounts) {
    for (int attempt = 1; attempt <= 5; ++attempt) {
        const Fate fate = decide_fate(Outcome::lost, {}, attempt, true, std::nullopt, 0.5);
        EXPECT_EQ(fate.kind, Fate::Kind::ready);
        EXPECT_TRUE(fate.attempt_counts);
    }
}

TEST(Fate, AfterTheLastRetryTheJobIsDead) {
    for (const Outcome outcome : {Outcome::failed, Outcome::timed_out, Outcome::lost}) {
        const Fate fate = decide_fate(outcome, {}, 6, true, 1s, 0.0);
        EXPECT_EQ(fate.kind, Fate::Kind::dead) << to_string(outcome);
        EXPECT_TRUE(fate.attempt_counts);
    }
}

TEST(Fate, WhatAnotherTryCannotHelpIsDeadAtOnce) {
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, false, std::nullopt, 0.0).kind, Fate::Kind::dead);
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, false, 5s, 0.0).kind, Fate::Kind::dead);
}

TEST(Fate, AHandBackGoesBackUnharmedWhateverTheAttempt) {
    for (const int attempt : {1, 6, 1000}) {
        const Fate fate = decide_fate(Outcome::released, {}, attempt, false, 5s, 0.5);
        EXPECT_EQ(fate.kind, Fate::Kind::ready);
        EXPECT_EQ(fate.delay, 0s);
        EXPECT_FALSE(fate.attempt_counts);
    }
}

TEST(Fate, WhatTheProviderAskedForReplacesTheDelayAndItsCap) {
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 5, true, 250ms, 0.5).delay, 250ms);
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, true, 600s, 0.5).delay, 600s);
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, true, 0s, 0.5).delay, 0s);
}

TEST(Fate, WhatTheProviderAskedForIsBounded) {
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, true, -1s, 0.5).delay, 0s);
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, true, Duration::min(), 0.5).delay, 0s);
    EXPECT_EQ(decide_fate(Outcome::failed, {}, 1, true, Duration::max(), 0.5).delay, days{365});
}

TEST(Fate, OfAnAttemptBelowOneIsThatOfTheFirst) {
    for (const int attempt : {0, -1, std::numeric_limits<int>::min()}) {
        EXPECT_EQ(decide_fate(Outcome::failed, {}, attempt, true, std::nullopt, 0.0).delay, 1s);
    }
}

TEST(Fate, OfAJobThatIsOverIsNotAsked) {
    for (const Outcome outcome : {Outcome::completed, Outcome::cancelled}) {
        EXPECT_THROW(decide_fate(outcome, {}, 1, true, std::nullopt, 0.0), std::invalid_argument);
    }
}

// One job; workers that claim it, die, come back late and answer more than once; a sweep that takes
// the job back; a server that crashes and forgets its latest claim, which is committed
// asynchronously, but nothing else. The lease rules decide, and an onlooker who sees everything
// checks them.
class LeaseModel {
  public:
    explicit LeaseModel(unsigned seed) : random_(seed) {}

    void step() {
        switch (random_() % 8) {
            case 0:
            case 1:
            case 2:
                claim();
                break;
            case 3:
                sweep();
                break;
            case 4:
                crash();
                break;
            case 5:
                flushed_ = job_;
                break;
            default:
                answer();
        }
    }

    int completions() const { return completions_; }
    int stale_answers() const { return stale_answers_; }

  private:
    enum class Status { ready, running, completed, dead };
    // What the table says.
    struct Job {
        Status status = Status::ready;
        Epoch epoch = 0;
        int attempt = 1;
    };
    static constexpr RetryPolicy policy{.max_retries = 20};

    void claim() {
        if (job_.status != Status::ready) {
            return;
        }
        job_.epoch = next_epoch(incarnation_, job_.epoch);
        job_.status = Status::running;
        if (!handed_out_.empty()) {
            EXPECT_GT(job_.epoch, handed_out_.back());
        }
        handed_out_.push_back(job_.epoch);
        live_ = job_.epoch;
    }

    void sweep() {
        if (job_.status == Status::running) {
            end_attempt(Outcome::lost);
        }
    }

    // Any worker that ever held the job says how its attempt ended, maybe not for the first time.
    void answer() {
        if (handed_out_.empty()) {
            return;
        }
        const Epoch epoch = handed_out_[random_() % handed_out_.size()];
        const Verdict verdict = judge(job_.status == Status::running, job_.epoch, epoch);
        EXPECT_EQ(verdict == Verdict::ok, live_ == epoch) << "epoch " << epoch;
        if (verdict == Verdict::stale) {
            ++stale_answers_;
            return;
        }
        const std::array answers{Outcome::failed, Outcome::released, Outcome::completed};
        end_attempt(answers[random_() % answers.size()]);
    }

    void end_attempt(Outcome outcome) {
        live_.reset();
        if (outcome == Outcome::completed) {
            job_.status = Status::completed;
            ++completions_;
        } else {
            const Fate fate = decide_fate(outcome, policy, job_.attempt, true, std::nullopt, 0.0);
            job_.status = fate.kind == Fate::Kind::dead ? Status::dead : Status::ready;
            job_.attempt += fate.attempt_counts ? 1 : 0;
        }
        flushed_ = job_;
    }

    void crash() {
        if (job_.epoch != flushed_.epoch) {
            live_.reset();  // its claim is forgotten, though its worker still runs
        }
        job_ = flushed_;
        ++incarnation_;
    }

    std::mt19937 random_;
    Incarnation incarnation_ = 1;
    Job job_;
    Job flushed_;                    // what a crash leaves
    std::vector<Epoch> handed_out_;  // every lease there ever was
    std::optional<Epoch> live_;      // the one that holds, as the onlooker knows
    int completions_ = 0;
    int stale_answers_ = 0;
};

TEST(Lease, AtMostOneCompletionIsAcceptedAndItIsThatOfTheLiveLease) {
    int completions = 0;
    int stale_answers = 0;
    for (unsigned seed = 0; seed < 5000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        LeaseModel model(seed);
        for (int step = 0; step < 100; ++step) {
            model.step();
        }
        ASSERT_LE(model.completions(), 1);
        ASSERT_FALSE(testing::Test::HasFailure());
        completions += model.completions();
        stale_answers += model.stale_answers();
    }
    // Both ends occur often, or the model says little.
    EXPECT_GT(completions, 1000);
    EXPECT_GT(stale_answers, 10'000);
}

}  // namespace
}  // namespace ideamine::jobs
