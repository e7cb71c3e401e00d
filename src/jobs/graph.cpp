#include "jobs/graph.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "ideamine/error.hpp"

namespace ideamine::jobs {

namespace {

constexpr std::size_t max_named_jobs = 20;

// The edges grouped by the job that waits, in two arrays: `targets[starts[job]]` up to
// `targets[starts[job + 1]]` are what the job waits for.
struct Adjacency {
    std::vector<std::size_t> starts;
    std::vector<std::uint32_t> targets;
};

// A counting sort: linear, and the edges of a job keep their order.
Adjacency group_by_job(std::size_t nodes, const std::vector<Edge>& edges, StepCounter& counter) {
    Adjacency graph{std::vector<std::size_t>(nodes + 1), std::vector<std::uint32_t>(edges.size())};
    for (const Edge& edge : edges) {
        counter.step();
        if (edge.job >= nodes || edge.depends_on >= nodes) {
            throw std::out_of_range("a dependency names a position outside its batch");
        }
        ++graph.starts[edge.job];
    }
    // Each entry becomes the end of its job's group, then moves down to its start as the group
    // fills.
    std::size_t end = 0;
    for (std::size_t& start : graph.starts) {
        counter.step();
        end += start;
        start = end;
    }
    for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge) {
        counter.step();
        graph.targets[--graph.starts[edge->job]] = edge->depends_on;
    }
    return graph;
}

// A search in depth with its path on a vector instead of the call stack.
class CycleSearch {
  public:
    CycleSearch(const Adjacency& graph, StepCounter& counter)
        : graph_(graph),
          counter_(counter),
          next_edge_(graph.starts.begin(), graph.starts.end() - 1),
          states_(next_edge_.size(), State::unseen) {}

    std::vector<std::uint32_t> run() {
        for (std::size_t node = 0; node < states_.size(); ++node) {
            counter_.step();
            if (states_[node] == State::unseen && walk_from(static_cast<std::uint32_t>(node))) {
                return {path_.begin() + cycle_start_, path_.end()};
            }
        }
        return {};
    }

  private:
    enum class State : std::uint8_t { unseen, on_path, done };

    bool walk_from(std::uint32_t root) {
        enter(root);
        while (!path_.empty()) {
            counter_.step();
            const std::uint32_t node = path_.back();
            if (next_edge_[node] == graph_.starts[node + std::size_t{1}]) {
                states_[node] = State::done;
                path_.pop_back();
            } else if (follow(graph_.targets[next_edge_[node]++])) {
                return true;
            }
        }
        return false;
    }

    // True if the edge leads back into the path.
    bool follow(std::uint32_t target) {
        if (states_[target] == State::unseen) {
            enter(target);
        } else if (states_[target] == State::on_path) {
            cycle_start_ = std::find(path_.begin(), path_.end(), target) - path_.begin();
            return true;
        }
        return false;
    }

    void enter(std::uint32_t node) {
        states_[node] = State::on_path;
        path_.push_back(node);
    }

    const Adjacency& graph_;
    StepCounter& counter_;
    std::vector<std::size_t> next_edge_;
    std::vector<State> states_;
    std::vector<std::uint32_t> path_;
    std::ptrdiff_t cycle_start_ = 0;
};

std::string name_of(const std::vector<std::string>& names, std::size_t job) {
    return names[job].empty() ? "job " + std::to_string(job + 1) : '"' + names[job] + '"';
}

// The two jobs are remembered in an array by the job waited for, so that no sorting is needed.
void refuse_duplicates(const std::vector<std::string>& names, const Adjacency& graph,
                       StepCounter& counter) {
    constexpr auto nobody = static_cast<std::size_t>(-1);
    std::vector<std::size_t> last_to_wait(names.size(), nobody);
    for (std::size_t job = 0; job < names.size(); ++job) {
        counter.step();
        for (std::size_t at = graph.starts[job]; at < graph.starts[job + 1]; ++at) {
            counter.step();
            std::size_t& last = last_to_wait[graph.targets[at]];
            if (last == job) {
                throw Error(Code::invalid_graph, "a dependency is given more than once",
                            name_of(names, job) + " waits for " +
                                name_of(names, graph.targets[at]) + " more than once.");
            }
            last = job;
        }
    }
}

std::string_view link_before(std::size_t at) {
    return at == 1 ? " waits for " : ", which waits for ";
}

std::string describe(const std::vector<std::string>& names,
                     const std::vector<std::uint32_t>& cycle) {
    const std::size_t left_out = cycle.size() - std::min(cycle.size(), max_named_jobs);
    const std::size_t gap = max_named_jobs / 2;
    std::string text = name_of(names, cycle[0]);
    for (std::size_t at = 1; at < cycle.size(); ++at) {
        if (at == gap && left_out > 0) {
            at += left_out;
            text += ", and so on (" + std::to_string(left_out) + " left out) until ";
        } else {
            text += link_before(at);
        }
        text += name_of(names, cycle[at]);
    }
    text += link_before(cycle.size());
    return text + name_of(names, cycle[0]) + ".";
}

}  // namespace

std::vector<std::uint32_t> find_cycle(std::uint32_t nodes, const std::vector<Edge>& edges,
                                      Interrupt interrupt) {
    StepCounter counter(interrupt);
    const Adjacency graph = group_by_job(nodes, edges, counter);
    return CycleSearch(graph, counter).run();
}

void check_graph(const std::vector<std::string>& names, const std::vector<Edge>& edges,
                 Interrupt interrupt) {
    StepCounter counter(interrupt);
    const Adjacency graph = group_by_job(names.size(), edges, counter);
    refuse_duplicates(names, graph, counter);
    const std::vector<std::uint32_t> cycle = CycleSearch(graph, counter).run();
    if (!cycle.empty()) {
        throw Error(Code::invalid_graph, "dependencies form a cycle", describe(names, cycle));
    }
}

}  // namespace ideamine::jobs
