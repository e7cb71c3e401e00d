#include "admission/counter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace ideamine::admission {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{std::chrono::seconds{1'700'000'000}};
constexpr Amount most = unlimited - 1;  // the largest limit that is one

Refusal refusal(const Limits& limits, const Usage& usage, Amount asked, Time now = noon) {
    return judge(limits, usage, asked, false, now).refusal;
}

TEST(Counter, AdmitsUpToTheLimitAndNotOneMore) {
    const Limits limits{.limit = 10};
    EXPECT_EQ(refusal(limits, {}, 10), Refusal::none);
    EXPECT_EQ(refusal(limits, {}, 11), Refusal::over_limit);
    EXPECT_EQ(refusal(limits, {.settled = 3, .leased = 3, .held = 3}, 1), Refusal::none);
    EXPECT_EQ(refusal(limits, {.settled = 3, .leased = 3, .held = 3}, 2), Refusal::over_limit);
    EXPECT_EQ(refusal({.limit = 0}, {}, 1), Refusal::over_limit);
}

TEST(Counter, WhatIsBeingGivenBackCountsUntilThatIsCertain) {
    EXPECT_EQ(refusal({.limit = 10}, {.settled = 10, .releasing = 10}, 1), Refusal::over_limit);
}

TEST(Counter, AThrottledTenantIsRefusedWhateverItAsksFor) {
    EXPECT_EQ(judge({.limit = 10}, {}, 1, true, noon).refusal, Refusal::throttled);
    EXPECT_EQ(judge({.limit = 10}, {}, 11, true, noon).refusal, Refusal::throttled);
    EXPECT_EQ(judge({}, {}, 1, true, noon).refusal, Refusal::throttled);
}

TEST(Counter, ARefusalNeitherBurstsNorCrosses) {
    const Limits limits{.limit = 10, .burst = 2, .burst_time = 1s, .throttle_at = 9};
    for (const bool throttled : {false, true}) {
        const auto verdict = judge(limits, {}, 13, throttled, noon);
        EXPECT_FALSE(verdict.allowed());
        EXPECT_FALSE(verdict.bursts);
        EXPECT_FALSE(verdict.crosses);
    }
}

TEST(Burst, PassesTheLimitForATimeAndNeverWhatMayBePassed) {
    const Limits limits{.limit = 10, .burst = 2, .burst_time = 300s};
    Usage usage;
    EXPECT_TRUE(judge(limits, usage, 11, false, noon).bursts);
    EXPECT_FALSE(judge(limits, usage, 10, false, noon).bursts);
    EXPECT_EQ(refusal(limits, usage, 13), Refusal::over_limit);
    take(usage, limits, 11, noon);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 300s - Duration{1}), Refusal::none);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 300s), Refusal::burst_spent);
    EXPECT_EQ(refusal(limits, usage, 2, noon), Refusal::over_limit);
}

TEST(Burst, TheTimeRunsSinceTheLimitWasFirstPassed) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 300s};
    Usage usage;
    take(usage, limits, 11, noon);
    take(usage, limits, 1, noon + 200s);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 300s), Refusal::burst_spent);
}

TEST(Burst, MayBeginAnewOnceUsageIsBackUnderTheLimit) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 300s};
    Usage usage;
    take(usage, limits, 12, noon);
    commit_taken(usage, limits, 12, Into::settled);
    commit_released(usage, limits, 1, Into::settled);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 400s), Refusal::burst_spent);
    commit_released(usage, limits, 1, Into::settled);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 400s), Refusal::none);
    take(usage, limits, 1, noon + 400s);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 699s), Refusal::none);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 700s), Refusal::burst_spent);
}

TEST(Burst, ARollbackBringsUsageBackAsWell) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 300s};
    Usage usage;
    take(usage, limits, 12, noon);
    roll_back_taken(usage, limits, 12);
    EXPECT_EQ(refusal(limits, usage, 12, noon + 400s), Refusal::none);
}

// It has been under the limit since that was raised.
TEST(Burst, MayBeginAnewUnderALimitThatWasRaised) {
    const Limits low{.limit = 10, .burst = 2, .burst_time = 300s};
    const Limits high{.limit = 20, .burst = 4, .burst_time = 300s};
    Usage usage;
    take(usage, low, 11, noon);
    EXPECT_EQ(refusal(low, usage, 1, noon + 400s), Refusal::burst_spent);
    EXPECT_EQ(refusal(high, usage, 13, noon + 400s), Refusal::none);
    take(usage, high, 12, noon + 400s);
    EXPECT_EQ(refusal(high, usage, 1, noon + 699s), Refusal::none);
    EXPECT_EQ(refusal(high, usage, 1, noon + 700s), Refusal::burst_spent);
}

TEST(Burst, WithoutTimeThereIsNone) {
    const Limits limits{.limit = 10, .burst = 5};
    Usage usage;
    take(usage, limits, 11, noon);
    EXPECT_EQ(refusal(limits, usage, 1, noon), Refusal::burst_spent);
}

TEST(Burst, OfAnUnknownBeginningIsSpent) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 24h};
    EXPECT_EQ(refusal(limits, {.settled = 11, .burst_since = Time::min()}, 1),
              Refusal::burst_spent);
}

TEST(Threshold, IsCrossedFromBelowOnly) {
    const Limits limits{.limit = 10, .throttle_at = 9};
    EXPECT_FALSE(crosses(limits, {.settled = 5}, 3));
    EXPECT_TRUE(crosses(limits, {.settled = 5}, 4));
    EXPECT_TRUE(crosses(limits, {.settled = 5}, 5));
    EXPECT_FALSE(crosses(limits, {.settled = 9}, 1));
    EXPECT_TRUE(crosses(limits, {.held = 8}, 1));
    EXPECT_TRUE(crosses(limits, {.leased = 8}, 1));
}

TEST(Threshold, IsCrossedAgainAfterUsageHasBeenUnderIt) {
    const Limits limits{.limit = 10, .throttle_at = 9};
    Usage usage;
    take(usage, limits, 9, noon);
    usage.has_throttled = true;
    EXPECT_FALSE(crosses(limits, usage, 1));
    commit_taken(usage, limits, 9, Into::settled);
    commit_released(usage, limits, 1, Into::settled);
    EXPECT_TRUE(crosses(limits, usage, 1));
}

TEST(Threshold, OfAWindowIsCrossedOnce) {
    const Limits limits{.limit = 10, .throttle_at = 9, .throttle_once = true};
    EXPECT_TRUE(crosses(limits, {.settled = 8}, 1));
    EXPECT_FALSE(crosses(limits, {.settled = 8, .has_throttled = true}, 1));
}

TEST(Threshold, IsCrossedByABurstToo) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = 1s, .throttle_at = 10};
    const auto verdict = judge(limits, {.settled = 5}, 8, false, noon);
    EXPECT_TRUE(verdict.bursts);
    EXPECT_TRUE(verdict.crosses);
}

TEST(Remaining, IsWhatFitsUnderTheLimit) {
    EXPECT_EQ(remaining({.limit = 10}, {.settled = 1, .leased = 2, .held = 3}), 4);
    EXPECT_EQ(remaining({.limit = 10}, {.settled = 11}), 0);
    EXPECT_EQ(remaining({.limit = 10, .burst = 5}, {.settled = 11}), 0);
    EXPECT_EQ(remaining({}, {.settled = 11}), unlimited);
}

// ---- the end of the range ----------------------------------------------------------------------

TEST(CounterAtTheEndOfTheRange, NothingIsAdmittedThatCannotBeCounted) {
    for (const Amount limit : {most, unlimited}) {
        const Limits limits{.limit = limit};
        EXPECT_EQ(refusal(limits, {}, most), Refusal::none);
        EXPECT_EQ(refusal(limits, {.settled = most}, most), Refusal::over_limit);
        EXPECT_EQ(refusal(limits, {.settled = most - 1, .leased = 1}, 2), Refusal::over_limit);
        EXPECT_EQ(refusal(limits, {.settled = most - 2, .held = 1}, 1), Refusal::none);
    }
}

TEST(CounterAtTheEndOfTheRange, ALimitWithItsBurstDoesNotOverflow) {
    const Limits limits{.limit = most, .burst = most, .burst_time = 1s};
    EXPECT_EQ(refusal(limits, {}, most), Refusal::none);
    EXPECT_EQ(refusal(limits, {.settled = most - 1}, 1), Refusal::none);
    EXPECT_EQ(refusal(limits, {.settled = most - 1}, 2), Refusal::over_limit);
}

TEST(CounterAtTheEndOfTheRange, TheTimeOfABurstDoesNotOverflow) {
    const Limits limits{.limit = 10, .burst = 5, .burst_time = Duration::max()};
    Usage usage;
    take(usage, limits, 11, noon);
    EXPECT_EQ(refusal(limits, usage, 1, noon + 24h * 36'500), Refusal::none);
}

// ---- any history -------------------------------------------------------------------------------

__extension__ using Wide = __int128;

// What the rule promises, said in another way: the counter is the sum of all that was committed and
// of all that is under way, added up anew each time in numbers that do not overflow.
class Model {
  public:
    struct Transaction {
        Wide taken = 0;
        Wide leased = 0;
        Wide released = 0;
    };

    Wide in_use() const {
        auto sum = committed_ + leased_;
        for (const auto& [id, transaction] : transactions_) {
            sum += transaction.taken + transaction.leased;
        }
        return sum;
    }
    Wide given_back() const {
        Wide sum = 0;
        for (const auto& [id, transaction] : transactions_) {
            sum += transaction.released;
        }
        return sum;
    }
    Wide committed() const { return committed_; }
    Wide leased() const { return leased_; }

    Verdict judge(const Limits& limits, Amount asked, bool throttled, Time now) const {
        const auto after = in_use() + asked;
        const bool has_limit = limits.limit != unlimited;
        Verdict verdict;
        if (throttled) {
            verdict.refusal = Refusal::throttled;
        } else if (after > most ||
                   (has_limit && after > static_cast<Wide>(limits.limit) + limits.burst)) {
            verdict.refusal = Refusal::over_limit;
        } else if (has_limit && after > limits.limit) {
            verdict.bursts = !passed_since_ || now - *passed_since_ < limits.burst_time;
            verdict.refusal = verdict.bursts ? Refusal::none : Refusal::burst_spent;
        }
        verdict.crosses = verdict.allowed() && in_use() < limits.throttle_at &&
                          after >= limits.throttle_at && limits.throttle_at != unlimited &&
                          !(limits.throttle_once && has_throttled_);
        return verdict;
    }

    Transaction& of(int id) { return transactions_[id]; }
    void end(int id, bool committed) {
        if (committed) {
            committed_ += transactions_[id].taken - transactions_[id].released;
            leased_ += transactions_[id].leased;
        }
        transactions_.erase(id);
    }
    void end_leases(Wide amount) { leased_ -= amount; }
    void note_throttling() { has_throttled_ = true; }
    // After whatever happened.
    void look_at_limit(const Limits& limits, Time now) {
        if (in_use() <= limits.limit) {
            passed_since_.reset();
        } else if (!passed_since_) {
            passed_since_ = now;
        }
    }

  private:
    Wide committed_ = 0;
    Wide leased_ = 0;
    std::map<int, Transaction> transactions_;
    std::optional<Time> passed_since_;
    bool has_throttled_ = false;
};

bool same(const Verdict& a, const Verdict& b) {
    return a.refusal == b.refusal && a.bursts == b.bursts && a.crosses == b.crosses;
}

class History {
  public:
    explicit History(unsigned seed) : random_(seed) {
        scale_ = std::array<Amount, 4>{1, 1, 1'000'000'007, most / 64}[random_() % 4];
        draw_limits();
        limits_.throttle_once = random_() % 2 == 0;
    }

    void step() {
        now_ += std::chrono::seconds{random_() % 40};
        switch (random_() % 12) {
            case 0:
                change_limits();
                break;
            case 1:
            case 2:
                end(true);
                break;
            case 3:
                end(false);
                break;
            case 4:
            case 5:
                release();
                break;
            case 6:
                end_leases();
                break;
            case 7:
                record();
                break;
            default:
                ask();
        }
        model_.look_at_limit(limits_, now_);
        compare();
    }

    std::map<Refusal, int> refusals;
    int bursts = 0;
    int crossings = 0;

  private:
    // Of a transaction, in the order in which they were made.
    struct Note {
        enum Kind { take, lease, release } kind;
        Amount amount;
    };

    Amount draw() { return static_cast<Amount>(1 + random_() % 6) * scale_; }

    void draw_limits() {
        const auto limit = static_cast<Amount>(random_() % 30);
        limits_.limit = limit == 29 ? unlimited : limit * scale_;
        limits_.burst = random_() % 2 == 0 ? 0 : static_cast<Amount>(random_() % 6) * scale_;
        limits_.burst_time = std::chrono::seconds{random_() % 200};
        limits_.throttle_at =
            random_() % 3 == 0 ? unlimited : static_cast<Amount>(random_() % 30) * scale_;
    }

    void change_limits() {
        draw_limits();
        limits_changed(usage_, limits_, now_);
    }

    void ask() {
        const auto amount = draw();
        const bool throttled = random_() % 10 == 0;
        const auto verdict = judge(limits_, usage_, amount, throttled, now_);
        ASSERT_TRUE(same(verdict, model_.judge(limits_, amount, throttled, now_)));
        ++refusals[verdict.refusal];
        bursts += verdict.bursts;
        if (verdict.allowed()) {
            ASSERT_LE(model_.in_use() + amount, static_cast<Wide>(limits_.limit) + limits_.burst);
            take_as_judged(amount, verdict.crosses);
        }
    }

    // Whatever the limits say, as long as it can be counted.
    void record() {
        const auto amount = draw();
        ASSERT_EQ(is_countable(usage_, amount), model_.in_use() + amount <= most);
        if (is_countable(usage_, amount)) {
            take_as_judged(amount, crosses(limits_, usage_, amount));
        }
    }

    void take_as_judged(Amount amount, bool crosses) {
        const int id = static_cast<int>(random_() % 5);
        const bool leases = random_() % 4 == 0;
        take(usage_, limits_, amount, now_);
        notes_[id].push_back({leases ? Note::lease : Note::take, amount});
        (leases ? model_.of(id).leased : model_.of(id).taken) += amount;
        if (crosses) {
            ++crossings;
            usage_.has_throttled = true;
            model_.note_throttling();
        }
    }

    void release() {
        ASSERT_EQ(releasable(usage_), std::max<Wide>(model_.committed() - model_.given_back(), 0));
        const auto amount = std::min(draw(), releasable(usage_));
        const int id = static_cast<int>(random_() % 5);
        usage_.releasing += amount;
        notes_[id].push_back({Note::release, amount});
        model_.of(id).released += amount;
    }

    void end_leases() {
        const auto amount = static_cast<Amount>(std::min<Wide>(model_.leased(), draw()));
        commit_released(usage_, limits_, amount, Into::leased);
        model_.end_leases(amount);
    }

    void end(bool committed) {
        const int id = static_cast<int>(random_() % 5);
        for (const auto& note : notes_[id]) {
            settle(note, committed);
        }
        notes_[id].clear();
        model_.end(id, committed);
    }

    void settle(const Note& note, bool committed) {
        if (note.kind == Note::release) {
            usage_.releasing -= note.amount;
            if (committed) {
                commit_released(usage_, limits_, note.amount, Into::settled);
            }
        } else if (committed) {
            commit_taken(usage_, limits_, note.amount,
                         note.kind == Note::lease ? Into::leased : Into::settled);
        } else {
            roll_back_taken(usage_, limits_, note.amount);
        }
    }

    void compare() {
        ASSERT_EQ(in_use(usage_), model_.in_use());
        ASSERT_EQ(usage_.settled, model_.committed());
        ASSERT_EQ(usage_.leased, model_.leased());
        ASSERT_EQ(usage_.releasing, model_.given_back());
        ASSERT_GE(usage_.held, 0);
        ASSERT_GE(usage_.settled, 0);
    }

    std::mt19937 random_;
    Amount scale_ = 1;
    Time now_ = noon;
    Limits limits_;
    Usage usage_;
    Model model_;
    std::map<int, std::vector<Note>> notes_;
};

TEST(Counter, InAnyHistoryItIsTheSumOfWhatWasTakenAndNotGivenBack) {
    std::map<Refusal, int> refusals;
    int bursts = 0;
    int crossings = 0;
    for (unsigned seed = 0; seed < 3000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        History history(seed);
        for (int step = 0; step < 200; ++step) {
            history.step();
            ASSERT_FALSE(testing::Test::HasFatalFailure()) << "step " << step;
        }
        for (const auto& [refusal, times] : history.refusals) {
            refusals[refusal] += times;
        }
        bursts += history.bursts;
        crossings += history.crossings;
    }
    // All of it occurs often, or the histories say little.
    for (const auto refusal :
         {Refusal::none, Refusal::throttled, Refusal::over_limit, Refusal::burst_spent}) {
        EXPECT_GT(refusals[refusal], 1000) << static_cast<int>(refusal);
    }
    EXPECT_GT(bursts, 1000);
    EXPECT_GT(crossings, 1000);
}

}  // namespace
}  // namespace ideamine::admission
