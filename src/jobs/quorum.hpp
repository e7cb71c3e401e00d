// When several workers run the same job: what their results decide.
#pragma once

#include <optional>
#include <vector>

namespace ideamine::jobs {

// Of one vote: which result it came to, equal results having equal numbers; or that it is still
// open, or lost because its job failed or was cancelled.
struct Vote {
    enum class State { open, given, lost } state;
    int result = 0;
};

struct Ballot {
    enum class Kind { undecided, agreed, impossible } kind;
    int result = 0;  // that they agreed on
};

// Agreed as soon as `agree` votes have the same result; impossible when the open ones cannot bring
// any result there. Of two results that have enough, the smaller number wins.
Ballot count_votes(const std::vector<Vote>& votes, int agree);

}  // namespace ideamine::jobs
