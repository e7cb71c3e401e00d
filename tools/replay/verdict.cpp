#include "replay/verdict.hpp"

#include <algorithm>

namespace replay {

bool Verdict::good() const {
    return std::ranges::all_of(checks, &Check::good);
}

Verdict judge(const Evidence& evidence) {
    Verdict verdict{{check_created(evidence), check_ended(evidence), check_fates(evidence),
                     check_once(evidence), check_acknowledged(evidence), check_order(evidence),
                     check_leases(evidence), check_results(evidence)}};
    if (!evidence.graphs.empty()) {
        verdict.checks.push_back(check_graphs(evidence));
    }
    return verdict;
}

}  // namespace replay
