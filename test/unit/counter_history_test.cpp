// Counters in random histories, compared with a model.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "admission/counter.hpp"

namespace ideamine::admission {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{std::chrono::seconds{1'700'000'000}};
constexpr Amount most = unlimited - 1;  // the largest limit that is one

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
