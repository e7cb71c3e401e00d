#include "jobs/batch_plan.hpp"

#include <algorithm>
#include <unordered_map>

#include "jobs/descent.hpp"

namespace ideamine::jobs {

namespace {

using Positions = std::unordered_map<std::string_view, std::uint32_t>;

Positions positions_of_keys(const std::vector<const JobRequest*>& requests, const Locate& locate) {
    Positions positions;
    for (std::uint32_t i = 0; i < requests.size(); ++i) {
        const auto& key = requests[i]->key;
        if (!key.empty() && !positions.emplace(key, i).second) {
            throw locate(i, {Code::invalid_graph, "key \"" + key + "\" is used twice"});
        }
    }
    return positions;
}

void add_edge(BatchPlan& plan, const Positions& positions, std::uint32_t job,
              const Dependency& dependency, const Locate& locate) {
    const auto policy = dependency.on_failure.value_or(FailurePolicy::cancel);
    if (const auto found = positions.find(dependency.job); found != positions.end()) {
        plan.edges.push_back({.job = job, .depends_on = found->second});
        plan.policies.push_back(policy);
        return;
    }
    const auto id = parse_uuid(dependency.job);
    if (!id) {
        throw locate(job, {Code::invalid_graph, "unknown dependency \"" + dependency.job + "\"",
                           "It is neither a key of this call nor the id of a job."});
    }
    auto& dependents = plan.parents[*id].dependents;
    // positions come in order, so a repeated edge repeats the last one
    if (!dependents.empty() && dependents.back().job == job) {
        throw locate(job,
                     {Code::invalid_graph, "dependency \"" + dependency.job + "\" is named twice"});
    }
    dependents.push_back({job, policy});
}

std::vector<std::string> names(const std::vector<const JobRequest*>& requests) {
    std::vector<std::string> names;
    names.reserve(requests.size());
    for (const auto* request : requests) {
        names.push_back(request->key);
    }
    return names;
}

// Only these take their dependents along when they fail.
std::vector<Edge> cancelling_edges(const BatchPlan& plan) {
    std::vector<Edge> edges;
    for (std::size_t i = 0; i < plan.edges.size(); ++i) {
        if (plan.policies[i] == FailurePolicy::cancel) {
            edges.push_back(plan.edges[i]);
        }
    }
    return edges;
}

std::vector<bool> find_doomed(const BatchPlan& plan, std::size_t jobs) {
    std::vector<std::uint32_t> roots;
    for (const auto& [id, parent] : plan.parents) {
        for (const auto& dependent : parent.dependents) {
            if (has_failed(parent.status) && dependent.on_failure == FailurePolicy::cancel) {
                roots.push_back(dependent.job);
            }
        }
    }
    return roots.empty()
               ? std::vector<bool>(jobs)
               : find_dependents(static_cast<std::uint32_t>(jobs), cancelling_edges(plan), roots);
}

// One dependency of a job, on another that has failed or may still be waited for.
void count_edge(Beginnings& beginnings, std::uint32_t job, bool failed, FailurePolicy on_failure) {
    if (!failed || on_failure == FailurePolicy::blocked) {
        ++beginnings.open[job];
    } else if (on_failure == FailurePolicy::run) {
        beginnings.after_failure[job] = true;
    }
}

}  // namespace

bool has_failed(const std::string& status) {
    return status == "failed" || status == "cancelled";
}

bool may_be_waited_for(const std::string& status, FailurePolicy on_failure) {
    return status != "completed" && (!has_failed(status) || on_failure != FailurePolicy::cancel);
}

BatchPlan plan_batch(const std::vector<const JobRequest*>& requests, const Locate& locate,
                     Interrupt interrupt) {
    const auto positions = positions_of_keys(requests, locate);
    BatchPlan plan;
    for (std::uint32_t i = 0; i < requests.size(); ++i) {
        for (const auto& dependency : requests[i]->depends_on) {
            add_edge(plan, positions, i, dependency, locate);
        }
    }
    check_graph(names(requests), plan.edges, interrupt);
    return plan;
}

void leave_out_existing(BatchPlan& plan, const std::vector<std::optional<Uuid>>& existing) {
    for (auto& [id, parent] : plan.parents) {
        std::erase_if(parent.dependents,
                      [&](const auto& dependent) { return existing[dependent.job].has_value(); });
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < plan.edges.size(); ++i) {
        const auto edge = plan.edges[i];
        if (existing[edge.job]) {
            continue;
        }
        if (const auto& parent = existing[edge.depends_on]) {
            auto& dependents = plan.parents[*parent].dependents;
            // the same job under two of the caller's names
            if (std::ranges::find(dependents, edge.job, &Parent::Dependent::job) ==
                dependents.end()) {
                dependents.push_back({edge.job, plan.policies[i]});
            }
            continue;
        }
        plan.edges[kept] = edge;
        plan.policies[kept++] = plan.policies[i];
    }
    plan.edges.resize(kept);
    plan.policies.resize(kept);
    std::erase_if(plan.parents, [](const auto& entry) { return entry.second.dependents.empty(); });
}

Beginnings begin_batch(const BatchPlan& plan, std::size_t jobs) {
    Beginnings beginnings{.doomed = find_doomed(plan, jobs),
                          .open = std::vector<std::int32_t>(jobs),
                          .dependents = std::vector<std::int32_t>(jobs),
                          .after_failure = std::vector<bool>(jobs)};
    for (std::size_t i = 0; i < plan.edges.size(); ++i) {
        const auto& edge = plan.edges[i];
        ++beginnings.dependents[edge.depends_on];
        count_edge(beginnings, edge.job, beginnings.doomed[edge.depends_on], plan.policies[i]);
    }
    for (const auto& [id, parent] : plan.parents) {
        for (const auto& dependent : parent.dependents) {
            if (parent.status != "completed") {
                count_edge(beginnings, dependent.job, has_failed(parent.status),
                           dependent.on_failure);
            }
        }
    }
    return beginnings;
}

}  // namespace ideamine::jobs
