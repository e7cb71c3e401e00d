#include "jobs/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "ideamine/error.hpp"

namespace ideamine::jobs {
namespace {

using testing::AllOf;
using testing::Property;
using testing::Throws;
using Nodes = std::vector<std::uint32_t>;

auto is_refused(const std::string& message, const std::string& detail) {
    return Throws<Error>(AllOf(Property(&Error::code, Code::invalid_graph),
                               Property(&Error::message, message),
                               Property(&Error::detail, detail)));
}

auto has_cycle_of(const std::string& detail) {
    return is_refused("dependencies form a cycle", detail);
}

// The model: whether somebody can be reached from itself, by Warshall's closure.
bool has_cycle_in_model(std::uint32_t nodes, const std::vector<Edge>& edges) {
    std::vector<std::vector<bool>> reaches(nodes, std::vector<bool>(nodes));
    for (const Edge& edge : edges) {
        reaches[edge.job][edge.depends_on] = true;
    }
    for (std::uint32_t via = 0; via < nodes; ++via) {
        for (std::uint32_t from = 0; from < nodes; ++from) {
            for (std::uint32_t to = 0; to < nodes; ++to) {
                if (reaches[from][via] && reaches[via][to]) {
                    reaches[from][to] = true;
                }
            }
        }
    }
    for (std::uint32_t node = 0; node < nodes; ++node) {
        if (reaches[node][node]) {
            return true;
        }
    }
    return false;
}

// Each node waits for the next, the last for the first, and none is there twice.
bool is_true_cycle(const Nodes& cycle, const std::vector<Edge>& edges) {
    const std::set<Edge> known(edges.begin(), edges.end());
    for (std::size_t i = 0; i < cycle.size(); ++i) {
        if (!known.contains({cycle[i], cycle[(i + 1) % cycle.size()]})) {
            return false;
        }
    }
    return !cycle.empty() &&
           std::set<std::uint32_t>(cycle.begin(), cycle.end()).size() == cycle.size();
}

std::vector<Edge> random_edges(std::mt19937& random, std::uint32_t nodes, std::uint32_t count) {
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < count; ++i) {
        edges.push_back({static_cast<std::uint32_t>(random() % nodes),
                         static_cast<std::uint32_t>(random() % nodes)});
    }
    return edges;
}

// Node 0 waits for 1, 1 for 2 and so on.
std::vector<Edge> chain_of(std::uint32_t nodes) {
    std::vector<Edge> edges;
    for (std::uint32_t node = 0; node + 1 < nodes; ++node) {
        edges.push_back({node, node + 1});
    }
    return edges;
}

// The names j1, j2 and so on.
std::vector<std::string> numbered_names(std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= count; ++i) {
        names.push_back("j" + std::to_string(i));
    }
    return names;
}

std::uint64_t interrupts = 0;

void count_interrupt() {
    ++interrupts;
}

struct Cancelled {};

void cancel_at_third() {
    if (++interrupts == 3) {
        throw Cancelled{};
    }
}

TEST(Graph, NothingHasNoCycle) {
    EXPECT_TRUE(find_cycle(0, {}).empty());
    EXPECT_TRUE(find_cycle(5, {}).empty());
    check_graph({}, {});
}

TEST(Graph, AJobThatWaitsForItselfIsACycle) {
    EXPECT_EQ(find_cycle(3, {{1, 1}}), Nodes{1});
}

TEST(Graph, ACycleIsGivenInTheOrderOfWaiting) {
    const std::vector<Edge> edges{{0, 2}, {2, 3}, {3, 1}, {1, 2}};
    const Nodes cycle = find_cycle(4, edges);
    EXPECT_EQ(cycle.size(), 3U);
    EXPECT_TRUE(is_true_cycle(cycle, edges)) << testing::PrintToString(cycle);
}

TEST(Graph, SeveralWaysToTheSameJobAreNoCycle) {
    EXPECT_TRUE(find_cycle(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}}).empty());
    EXPECT_TRUE(find_cycle(4, {{3, 2}, {3, 1}, {2, 0}, {1, 0}, {3, 0}}).empty());
}

TEST(Graph, AgreesWithAModelOnRandomGraphs) {
    int cyclic = 0;
    const int graphs = 20'000;
    for (unsigned seed = 0; seed < graphs; ++seed) {
        std::mt19937 random(seed);
        const std::uint32_t nodes = 1 + random() % 8;
        const std::vector<Edge> edges = random_edges(random, nodes, random() % 12);
        const Nodes cycle = find_cycle(nodes, edges);
        ASSERT_EQ(!cycle.empty(), has_cycle_in_model(nodes, edges)) << "seed " << seed;
        if (!cycle.empty()) {
            ++cyclic;
            ASSERT_TRUE(is_true_cycle(cycle, edges)) << "seed " << seed;
        }
    }
    // The graphs are of both kinds, or the comparison says little.
    EXPECT_GT(cyclic, graphs / 10);
    EXPECT_LT(cyclic, graphs * 9 / 10);
}

TEST(Graph, FindsTheOneEdgeThatClosesACycleInALargeGraph) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const std::uint32_t nodes = 2000;
        std::vector<Edge> edges = random_edges(random, nodes, 6000);
        for (Edge& edge : edges) {  // all edges lead from low to high
            edge = {std::min(edge.job, edge.depends_on), std::max(edge.job, edge.depends_on)};
        }
        std::erase_if(edges, [](const Edge& edge) { return edge.job == edge.depends_on; });
        ASSERT_TRUE(find_cycle(nodes, edges).empty());
        const Edge forward = edges[random() % edges.size()];
        const Edge backward{forward.depends_on, forward.job};
        edges.insert(edges.begin() + static_cast<std::ptrdiff_t>(random() % edges.size()),
                     backward);
        const Nodes cycle = find_cycle(nodes, edges);
        ASSERT_TRUE(is_true_cycle(cycle, edges));
        ASSERT_NE(std::find(cycle.begin(), cycle.end(), backward.job), cycle.end());
    }
}

TEST(Graph, ChainsAndRingsOfAMillionJobsAreSafe) {
    const std::uint32_t nodes = 1'000'000;
    std::vector<Edge> edges = chain_of(nodes);
    EXPECT_TRUE(find_cycle(nodes, edges).empty());
    edges.push_back({nodes - 1, 0});
    EXPECT_EQ(find_cycle(nodes, edges).size(), nodes);
    for (Edge& edge : edges) {
        std::swap(edge.job, edge.depends_on);
    }
    EXPECT_EQ(find_cycle(nodes, edges).size(), nodes);
    edges.pop_back();
    EXPECT_TRUE(find_cycle(nodes, edges).empty());
}

// Layers of two jobs that wait for both of the next layer: 2^100,000 paths, but 400,000 edges.
TEST(Graph, ManyPathsCostNoMoreThanTheirEdges) {
    const std::uint32_t layers = 100'000;
    std::vector<Edge> edges;
    for (std::uint32_t job = 0; job < 2 * (layers - 1); ++job) {
        const std::uint32_t next_layer = (job / 2 + 1) * 2;
        edges.push_back({job, next_layer});
        edges.push_back({job, next_layer + 1});
    }
    interrupts = 0;
    EXPECT_TRUE(find_cycle(2 * layers, edges, count_interrupt).empty());
    EXPECT_LT(interrupts, 10 * edges.size() / 4096);
}

TEST(Graph, LetsItselfBeInterruptedEveryFewThousandSteps) {
    const std::uint32_t nodes = 1'000'000;
    interrupts = 0;
    find_cycle(nodes, chain_of(nodes), count_interrupt);
    // Three passes over the edges and three over the jobs, none of which may go uncounted.
    EXPECT_GT(interrupts, 5.5 * nodes / 4096);
    EXPECT_LT(interrupts, nodes / 100);
    interrupts = 0;
    check_graph(numbered_names(nodes), chain_of(nodes), count_interrupt);
    EXPECT_GT(interrupts, nodes / 4096);
}

TEST(Graph, ManyJobsWithoutEdgesCanBeInterruptedToo) {
    interrupts = 0;
    find_cycle(1'000'000, {}, count_interrupt);
    EXPECT_GT(interrupts, 1'000'000U / 4096);
}

TEST(Graph, AnInterruptEndsTheComputation) {
    interrupts = 0;
    EXPECT_THROW(find_cycle(1'000'000, chain_of(1'000'000), cancel_at_third), Cancelled);
    EXPECT_EQ(interrupts, 3U);
    interrupts = 0;
    EXPECT_THROW(check_graph(numbered_names(20'000), chain_of(20'000), cancel_at_third), Cancelled);
    EXPECT_EQ(interrupts, 3U);
}

TEST(Graph, PositionsOutsideTheBatchAreRefused) {
    EXPECT_THROW(find_cycle(2, {{0, 2}}), std::out_of_range);
    EXPECT_THROW(find_cycle(2, {{2, 0}}), std::out_of_range);
    EXPECT_THROW(find_cycle(0, {{0, 0}}), std::out_of_range);
    EXPECT_THROW(check_graph({"a"}, {{0, 4'294'967'295}}), std::out_of_range);
}

TEST(Graph, ACycleIsNamedAsASentence) {
    EXPECT_THAT(
        [] {
            check_graph({"a", "b", "c"}, {{0, 1}, {1, 2}, {2, 0}});
        },
        has_cycle_of(R"("a" waits for "b", which waits for "c", which waits for "a".)"));
    EXPECT_THAT(
        [] {
            check_graph({"a", "b"}, {{1, 0}, {0, 1}});
        },
        has_cycle_of(R"("a" waits for "b", which waits for "a".)"));
    EXPECT_THAT([] { check_graph({"a"}, {{0, 0}}); }, has_cycle_of(R"("a" waits for "a".)"));
}

TEST(Graph, JobsThatOnlyLeadToACycleAreNotNamed) {
    EXPECT_THAT(
        [] {
            check_graph({"lead", "a", "b", "tail"}, {{0, 1}, {1, 2}, {2, 1}, {2, 3}});
        },
        has_cycle_of(R"("a" waits for "b", which waits for "a".)"));
}

TEST(Graph, ACycleOfTwentyJobsIsNamedInFull) {
    std::vector<Edge> edges = chain_of(20);
    edges.push_back({19, 0});
    std::string detail = "\"j1\" waits for \"j2\"";
    for (int job = 3; job <= 20; ++job) {
        detail += ", which waits for \"j" + std::to_string(job) + "\"";
    }
    detail += ", which waits for \"j1\".";
    EXPECT_THAT([&] { check_graph(numbered_names(20), edges); }, has_cycle_of(detail));
}

TEST(Graph, OfALongerCycleTheMiddleIsLeftOut) {
    std::vector<Edge> edges = chain_of(1000);
    edges.push_back({999, 0});
    std::string detail = "\"j1\" waits for \"j2\"";
    for (int job = 3; job <= 10; ++job) {
        detail += ", which waits for \"j" + std::to_string(job) + "\"";
    }
    detail += ", and so on (980 left out) until \"j991\"";
    for (int job = 992; job <= 1000; ++job) {
        detail += ", which waits for \"j" + std::to_string(job) + "\"";
    }
    detail += ", which waits for \"j1\".";
    EXPECT_THAT([&] { check_graph(numbered_names(1000), edges); }, has_cycle_of(detail));
}

TEST(Graph, OfACycleOfTwentyOneJobsOneIsLeftOut) {
    std::vector<Edge> edges = chain_of(21);
    edges.push_back({20, 0});
    try {
        check_graph(numbered_names(21), edges);
        FAIL() << "the cycle was not found";
    } catch (const Error& error) {
        EXPECT_NE(error.detail().find("\"j10\", and so on (1 left out) until \"j12\","),
                  std::string::npos)
            << error.detail();
    }
}

TEST(Graph, ADoubledDependencyIsRefusedWithBothJobs) {
    EXPECT_THAT(
        [] {
            check_graph({"a", "b", "c"}, {{0, 1}, {0, 2}, {0, 1}});
        },
        is_refused("a dependency is given more than once", R"("a" waits for "b" more than once.)"));
    EXPECT_THAT(
        [] {
            check_graph({"a", "b"}, {{1, 0}, {1, 0}, {1, 0}});
        },
        is_refused("a dependency is given more than once", R"("b" waits for "a" more than once.)"));
}

TEST(Graph, DuplicatesAreThoseOfASet) {
    for (unsigned seed = 0; seed < 5000; ++seed) {
        std::mt19937 random(seed);
        const std::uint32_t nodes = 1 + random() % 8;
        std::vector<Edge> edges = random_edges(random, nodes, random() % 8);
        const bool is_set = std::set<Edge>(edges.begin(), edges.end()).size() == edges.size();
        const bool is_acyclic = !has_cycle_in_model(nodes, edges);
        std::string message;
        try {
            check_graph(numbered_names(nodes), edges);
        } catch (const Error& error) {
            message = error.message();
        }
        const std::string expected = !is_set       ? "a dependency is given more than once"
                                     : !is_acyclic ? "dependencies form a cycle"
                                                   : "";
        ASSERT_EQ(message, expected) << "seed " << seed;
    }
}

TEST(Graph, AJobWithoutAKeyIsCalledByItsPosition) {
    EXPECT_THAT(
        [] {
            check_graph({"a", ""}, {{1, 0}, {1, 0}});
        },
        is_refused("a dependency is given more than once",
                   R"(job 2 waits for "a" more than once.)"));
}

}  // namespace
}  // namespace ideamine::jobs
