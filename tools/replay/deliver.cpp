#include "replay/deliver.hpp"

#include <algorithm>
#include <iterator>

namespace replay {

void deliver(WorkerCalls& calls, const std::vector<Held>& jobs, Ledger& ledger, Tally& tally) {
    std::vector<Answer> answers;
    try {
        answers = calls.complete(jobs);
    } catch (const ConnectionLost&) {
        std::vector<Lease> open;
        std::ranges::transform(jobs, std::back_inserter(open), &Held::lease);
        ledger.unknown(open);
        throw;
    }
    std::vector<Lease> completed;
    for (std::size_t place = 0; place < jobs.size(); ++place) {
        if (answers[place] == Answer::ok) {
            completed.push_back(jobs[place].lease);
        }
    }
    ledger.completed(completed);
    tally.completed += completed.size();
    tally.stale += jobs.size() - completed.size();
}

}  // namespace replay
