#include "jobs/quorum.hpp"

#include <map>

namespace ideamine::jobs {

Ballot count_votes(const std::vector<Vote>& votes, int agree) {
    int open = 0;
    std::map<int, int> counts;
    for (const auto& vote : votes) {
        open += vote.state == Vote::State::open ? 1 : 0;
        if (vote.state == Vote::State::given) {
            ++counts[vote.result];
        }
    }
    int most = 0;
    for (const auto& [result, count] : counts) {
        if (count >= agree) {
            return {Ballot::Kind::agreed, result};
        }
        most = count > most ? count : most;
    }
    return {most + open < agree ? Ballot::Kind::impossible : Ballot::Kind::undecided};
}

}  // namespace ideamine::jobs
