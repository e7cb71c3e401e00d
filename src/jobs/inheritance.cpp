#include "jobs/inheritance.hpp"

#include <cstddef>

namespace ideamine::jobs {

namespace {

constexpr auto no_edge = static_cast<std::size_t>(-1);

// The edges of each job, as lists through one array.
struct WaitsFor {
    std::vector<std::size_t> first;
    std::vector<std::size_t> next;

    WaitsFor(std::size_t jobs, const std::vector<Edge>& edges, StepCounter& counter)
        : first(jobs, no_edge), next(edges.size(), no_edge) {
        for (std::size_t i = 0; i < edges.size(); ++i) {
            counter.step();
            next[i] = first[edges[i].job];
            first[edges[i].job] = i;
        }
    }
};

}  // namespace

// From the highest class on: whoever is met has got the highest one that it can get, and is done.
std::vector<PriorityClass> served_classes(const std::vector<PriorityClass>& own,
                                          const std::vector<bool>& waits,
                                          const std::vector<Edge>& edges, Interrupt interrupt) {
    StepCounter counter(interrupt);
    auto served = own;
    if (edges.empty()) {
        return served;
    }
    const WaitsFor waits_for(own.size(), edges, counter);
    std::vector<bool> done(own.size());
    std::vector<std::uint32_t> open;
    const auto meet = [&](std::uint32_t job, PriorityClass priority_class) {
        if (!done[job]) {
            done[job] = true;
            served[job] = priority_class;
            open.push_back(job);
        }
    };
    for (const auto priority_class : priority_classes) {
        for (std::uint32_t root = 0; root < own.size(); ++root) {
            counter.step();
            if (own[root] == priority_class) {
                meet(root, priority_class);
            }
            while (!open.empty()) {
                const auto job = open.back();
                open.pop_back();
                for (auto i = waits_for.first[job]; i != no_edge && waits[job];
                     i = waits_for.next[i]) {
                    counter.step();
                    meet(edges[i].depends_on, priority_class);
                }
            }
        }
    }
    return served;
}

}  // namespace ideamine::jobs
