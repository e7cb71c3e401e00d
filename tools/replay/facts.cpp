#include "replay/facts.hpp"

namespace replay {

std::vector<const JobFact*> by_index(const Facts& facts, std::size_t jobs) {
    std::vector<const JobFact*> found(jobs, nullptr);
    for (const JobFact& fact : facts) {
        if (fact.task.index < jobs && found[fact.task.index] == nullptr) {
            found[fact.task.index] = &fact;
        }
    }
    return found;
}

}  // namespace replay
