// The dependency graph of one batch of jobs, checked before anything is written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ideamine/interrupt.hpp"

namespace ideamine::jobs {

// An edge between two jobs of a batch, by their positions in it: `job` waits for `depends_on`.
struct Edge {
    std::uint32_t job;
    std::uint32_t depends_on;

    auto operator<=>(const Edge&) const = default;
};

// Nodes of one cycle in the order "waits for", without repeating the first; empty if there is none.
// Linear in nodes and edges, and without recursion, so that a chain of any length is safe. Throws
// std::out_of_range if an edge has a position that is not below `nodes`.
std::vector<std::uint32_t> find_cycle(std::uint32_t nodes, const std::vector<Edge>& edges,
                                      Interrupt interrupt = never_interrupted);

// Throws ID422 if an edge is there twice or the graph has a cycle. DETAIL names the jobs:
//   "a" waits for "b" more than once.
//   "a" waits for "b", which waits for "c", which waits for "a".
// Of a cycle of more than 20 jobs it names the first and the last ten, and how many are left out:
//   … which waits for "j9", and so on (80 left out) until "j90", which waits for …
// `names` are the callers' keys, checked already; a job without one (an empty name) is called by
// its position in the batch, from 1. Linear, and throws std::out_of_range, as find_cycle().
void check_graph(const std::vector<std::string>& names, const std::vector<Edge>& edges,
                 Interrupt interrupt = never_interrupted);

}  // namespace ideamine::jobs
