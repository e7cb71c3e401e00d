#include "jobs/quorum.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ideamine::jobs {
namespace {

constexpr Vote open{Vote::State::open};
constexpr Vote lost{Vote::State::lost};
constexpr Vote given(int result) {
    return {Vote::State::given, result};
}

TEST(Quorum, IsReachedByEnoughEqualResults) {
    const auto ballot = count_votes({given(7), open, given(7)}, 2);
    EXPECT_EQ(ballot.kind, Ballot::Kind::agreed);
    EXPECT_EQ(ballot.result, 7);
}

TEST(Quorum, WaitsWhileOpenVotesMayDecide) {
    EXPECT_EQ(count_votes({given(1), given(2), open}, 2).kind, Ballot::Kind::undecided);
    EXPECT_EQ(count_votes({open, open, lost}, 2).kind, Ballot::Kind::undecided);
}

TEST(Quorum, IsImpossibleWhenTooFewAreLeft) {
    EXPECT_EQ(count_votes({given(1), given(2), given(3)}, 2).kind, Ballot::Kind::impossible);
    EXPECT_EQ(count_votes({open, lost, lost}, 2).kind, Ballot::Kind::impossible);
    EXPECT_EQ(count_votes({}, 1).kind, Ballot::Kind::impossible);
}

// Once decided, no further vote changes the decision; with all votes in, it is decided.
TEST(Quorum, StaysDecidedWhateverComes) {
    std::mt19937 random{20261121};
    for (int run = 0; run < 2000; ++run) {
        const int count = 1 + static_cast<int>(random() % 7);
        const int agree = 1 + static_cast<int>(random() % static_cast<unsigned>(count));
        if (2 * agree <= count) {
            continue;  // two results could both have enough
        }
        std::vector<Vote> votes(static_cast<std::size_t>(count), open);
        auto before = count_votes(votes, agree);
        for (auto& vote : votes) {
            vote = random() % 4 == 0 ? lost : given(static_cast<int>(random() % 3));
            const auto after = count_votes(votes, agree);
            if (before.kind != Ballot::Kind::undecided) {
                EXPECT_EQ(after.kind, before.kind);
                EXPECT_EQ(after.result, before.result);
            }
            before = after;
        }
        EXPECT_NE(before.kind, Ballot::Kind::undecided);
    }
}

}  // namespace
}  // namespace ideamine::jobs
