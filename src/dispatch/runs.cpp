#include "dispatch/runs.hpp"

#include <utility>

namespace ideamine::dispatch {

Offset merge_runs(const Memory& memory, Offset one, Offset other) {
    if (one == 0 || other == 0) {
        return one == 0 ? other : one;
    }
    if (memory.at<Chunk>(other).first() < memory.at<Chunk>(one).first()) {
        std::swap(one, other);
    }
    auto& first = memory.at<Chunk>(one);
    memory.at<Chunk>(other).next = std::exchange(first.child, other);
    return one;
}

// Its children are merged in pairs, and the pairs from the last to the first.
Offset remove_first_run(const Memory& memory, Offset first) {
    Offset pairs = 0;
    for (auto child = std::exchange(memory.at<Chunk>(first).child, 0); child != 0;) {
        const auto one = child;
        const auto other = std::exchange(memory.at<Chunk>(one).next, 0);
        child = other == 0 ? 0 : std::exchange(memory.at<Chunk>(other).next, 0);
        const auto pair = merge_runs(memory, one, other);
        memory.at<Chunk>(pair).next = std::exchange(pairs, pair);
    }
    Offset merged = 0;
    while (pairs != 0) {
        const auto pair = pairs;
        pairs = std::exchange(memory.at<Chunk>(pair).next, 0);
        merged = merge_runs(memory, merged, pair);
    }
    return merged;
}

}  // namespace ideamine::dispatch
