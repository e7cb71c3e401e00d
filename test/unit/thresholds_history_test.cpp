// Budgets in random histories, compared with a model.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "budget/thresholds.hpp"

namespace ideamine::budget {
namespace {

__extension__ using Wide = __int128;

constexpr Amount most = unlimited - 1;  // the largest total that is one

Thresholds random_thresholds(std::mt19937_64& random) {
    std::array<std::int64_t, all_thresholds.size()> shares{};
    for (auto& share : shares) {
        // now and then two are equal, or the whole
        share = static_cast<std::int64_t>(random() % 2 == 0 ? (1 + random() % 10) * 100'000
                                                            : 1 + random() % 1'000'000);
    }
    std::ranges::sort(shares);
    Thresholds thresholds;
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
        thresholds[i] = {{shares[i]}, actions[random() % actions.size()]};
    }
    check(thresholds);
    return thresholds;
}

// Is spent / total at least the share? Without a division.
bool reaches(Wide spent, Amount total, Share share) {
    return total != unlimited &&
           spent * whole.millionths >= static_cast<Wide>(total) * share.millionths;
}

// What is promised, said in another way: a threshold that is not off has fired since it was last
// out of reach where somebody looked whether it was, or it is out of reach.
class Model {
  public:
    void charge(Amount amount) { spent_ += amount; }
    void begin_anew() { spent_ = 0; }
    Wide spent() const { return spent_; }

    std::vector<Threshold> fire(Amount total, const Thresholds& thresholds) {
        std::vector<Threshold> firing;
        for (const auto threshold : all_thresholds) {
            const auto& [share, action] = thresholds[static_cast<std::size_t>(threshold)];
            if (armed_[threshold] && action != Action::none && reaches(spent_, total, share)) {
                armed_[threshold] = false;
                firing.push_back(threshold);
            }
        }
        return firing;
    }

    void arm(Amount total, const Thresholds& thresholds) {
        for (auto& [threshold, armed] : armed_) {
            armed |= !reaches(spent_, total, thresholds[static_cast<std::size_t>(threshold)].share);
        }
    }

    bool armed(Threshold threshold) const { return armed_.at(threshold); }

  private:
    Wide spent_ = 0;
    std::map<Threshold, bool> armed_{{Threshold::warn, true},
                                     {Threshold::throttle, true},
                                     {Threshold::throttle_high, true},
                                     {Threshold::pause, true}};
};

class History {
  public:
    explicit History(unsigned seed) : random_(seed), thresholds_(random_thresholds(random_)) {
        scale_ = std::array<Amount, 4>{1, 3, 1'000'000'007, most / 4096}[random_() % 4];
        total_ = draw_total();
        fire();
    }

    void step() {
        switch (random_() % 12) {
            case 0:
                total_ = draw_total();
                arm();
                break;
            case 1:
                thresholds_ = random_thresholds(random_);
                arm();
                break;
            case 2:
                spent_ = 0;
                model_.begin_anew();
                arm();
                break;
            default:
                charge(static_cast<Amount>(random_() % 20) * scale_ +
                       static_cast<Amount>(random_() % 3));
        }
        compare();
    }

    int firings = 0;
    int armings = 0;

  private:
    Amount draw_total() {
        const auto total = static_cast<Amount>(random_() % 200);
        return total == 199
                   ? unlimited
                   : total * scale_ + (total == 0 ? 0 : static_cast<Amount>(random_() % 3));
    }

    // Asks only where the next threshold says that there is something to ask for.
    void charge(Amount amount) {
        const auto next = next_threshold(total_, thresholds_, fired_, spent_);
        spent_ += amount;
        model_.charge(amount);
        if (next && spent_ >= next->at) {
            fire();
        } else {
            ASSERT_TRUE(crossed(total_, thresholds_, fired_, spent_).empty());
        }
    }

    void arm() {
        const auto armed = armed_again(total_, thresholds_, fired_, spent_);
        armings += !armed.empty();
        fired_ = fired_ - armed;
        model_.arm(total_, thresholds_);
        fire();
    }

    void fire() {
        const auto firing = crossed(total_, thresholds_, fired_, spent_);
        std::vector<Threshold> in_order;
        for (const auto threshold : firing) {
            in_order.push_back(threshold);
        }
        ASSERT_EQ(in_order, model_.fire(total_, thresholds_));
        firings += !firing.empty();
        fired_ = fired_ | firing;
    }

    void compare() {
        ASSERT_EQ(spent_, model_.spent());
        ASSERT_TRUE(crossed(total_, thresholds_, fired_, spent_).empty());
        Closed closed;
        for (const auto threshold : all_thresholds) {
            const auto& [share, action] = thresholds_[static_cast<std::size_t>(threshold)];
            ASSERT_EQ(fired_.contains(threshold), !model_.armed(threshold));
            if (fired_.contains(threshold)) {
                ASSERT_TRUE(reaches(spent_, total_, share));
                closed.waiting = closed.waiting | closed_by(action).waiting;
            } else if (action != Action::none) {
                ASSERT_FALSE(reaches(spent_, total_, share));
            }
        }
        ASSERT_EQ(closed_classes(thresholds_, fired_).waiting, closed.waiting);
    }

    std::mt19937_64 random_;
    Thresholds thresholds_;
    Amount scale_ = 1;
    Amount total_ = 0;
    Amount spent_ = 0;
    ThresholdSet fired_;
    Model model_;
};

TEST(Budget, InAnyHistoryEachThresholdFiresOncePerArming) {
    int firings = 0;
    int armings = 0;
    for (unsigned seed = 0; seed < 3000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        History history(seed);
        for (int step = 0; step < 200; ++step) {
            history.step();
            ASSERT_FALSE(HasFatalFailure()) << "step " << step;
        }
        firings += history.firings;
        armings += history.armings;
    }
    // Both occur often, or the histories say little.
    EXPECT_GT(firings, 50'000);
    EXPECT_GT(armings, 20'000);
}

// ---- many charges ------------------------------------------------------------------------------

struct Charged {
    Wide spent = 0;
    int charges = 0;
    int firings = 0;
};

// Charges a random budget until all its thresholds have fired, and some more. Amounts are a
// thousandth of the total on average, and so small for some that most are 0.
void charge_until_fired(std::mt19937_64& random, int charges, Charged& sums) {
    const auto total = static_cast<Amount>((random() >> 3) >> random() % 61);
    const auto thresholds = random_thresholds(random);
    const auto most_at_once = static_cast<std::uint64_t>(total / 500 + 2);
    Amount spent = 0;
    ThresholdSet fired;
    for (int i = 0; i < charges; ++i) {
        const auto firing = crossed(total, thresholds, fired, spent);
        for (const auto threshold : all_thresholds) {
            const auto& [share, action] = thresholds[static_cast<std::size_t>(threshold)];
            const bool is_due = action != Action::none && !fired.contains(threshold) &&
                                reaches(spent, total, share);
            ASSERT_EQ(firing.contains(threshold), is_due) << "charge " << i << " of " << total;
            sums.firings += is_due;
        }
        fired = fired | firing;
        const auto amount = static_cast<Amount>(random() % most_at_once);
        spent += amount;
        sums.spent += amount;
    }
    sums.charges += charges;
    sums.spent -= spent;
}

TEST(Budget, OverTenMillionChargesItFiresWithExactlyTheOneThatReaches) {
    constexpr int budgets = 5000;
    constexpr int charges = 2000;
    Charged sums;
    std::mt19937_64 random(1);
    for (int i = 0; i < budgets; ++i) {
        charge_until_fired(random, charges, sums);
        ASSERT_FALSE(HasFatalFailure()) << "budget " << i;
    }
    EXPECT_EQ(sums.charges, 10'000'000);
    EXPECT_EQ(sums.spent, 0);
    EXPECT_GT(sums.firings, 14'000);
}

}  // namespace
}  // namespace ideamine::budget
