#include "replay/checks.hpp"

#include <algorithm>
#include <set>

#include "replay/cycle.hpp"
#include "replay/depth.hpp"

namespace replay {

namespace {

std::string name_of(const JobFact& fact) {
    return "job " + std::to_string(fact.task.index) + " (" + fact.id + ")";
}

std::string name_of(const Lease& lease) {
    return "lease " + lease.job_id + '/' + std::to_string(lease.epoch);
}

std::size_t completions(const JobFact& fact) {
    return static_cast<std::size_t>(
        std::ranges::count(fact.attempts, std::string("completed"), &Attempt::outcome));
}

// When the job was completed; none if it was not.
const Attempt* completion(const JobFact* fact) {
    if (fact == nullptr) {
        return nullptr;
    }
    const auto found =
        std::ranges::find(fact->attempts, std::string("completed"), &Attempt::outcome);
    return found == fact->attempts.end() ? nullptr : &*found;
}

// What is wrong with the jobs that were found in one place; empty if nothing is.
std::string fault_of(const std::vector<const JobFact*>& found, const std::string& id,
                     const std::string& tenant) {
    if (found.size() != 1) {
        return " exists " + std::to_string(found.size()) + " times";
    }
    if (found.front()->id != id) {
        return " does not have the id " + id;
    }
    return found.front()->tenant == tenant ? "" : " does not belong to " + tenant;
}

}  // namespace

void Check::expect(bool good, const std::string& fault_if_not) {
    constexpr std::size_t max_examples = 5;
    ++looked_at_;
    if (good) {
        return;
    }
    ++faults_;
    if (examples_.size() < max_examples) {
        examples_.push_back(fault_if_not);
    }
}

Check check_created(const Evidence& evidence) {
    Check check("every job exists once, under the id that was acknowledged");
    const auto fates = expected_fates(evidence.workload);
    std::vector<std::vector<const JobFact*>> found(evidence.workload.jobs.size());
    for (const JobFact& fact : evidence.facts) {
        const bool ours = fact.task.index < found.size();
        check.expect(ours, name_of(fact) + " is not of this workload");
        if (ours) {
            found[fact.task.index].push_back(&fact);
        }
    }
    for (std::size_t index = 0; index < found.size(); ++index) {
        if (fates[index] == Fate::refused) {
            check.expect(found[index].empty(),
                         "job " + std::to_string(index) + " exists, though its graph has a cycle");
            continue;
        }
        const std::size_t tenant = evidence.workload.jobs[index].tenant;
        const std::string fault = fault_of(found[index], evidence.acknowledged.ids.at(index),
                                           evidence.workload.tenants[tenant]);
        check.expect(fault.empty(), "job " + std::to_string(index) + fault);
    }
    return check;
}

Check check_ended(const Evidence& evidence) {
    Check check("every job has ended");
    for (const JobFact& fact : evidence.facts) {
        const bool ended =
            fact.completed() || fact.status == "failed" || fact.status == "cancelled";
        check.expect(ended && fact.finished_us.has_value(), name_of(fact) + " is " + fact.status);
    }
    return check;
}

Check check_fates(const Evidence& evidence) {
    Check check("completed, dead and cancelled are those that had to be");
    const auto found = by_index(evidence.facts, evidence.workload.jobs.size());
    const auto fates = expected_fates(evidence.workload);
    for (std::size_t index = 0; index < found.size(); ++index) {
        if (found[index] == nullptr) {
            continue;
        }
        const JobFact& fact = *found[index];
        check.expect(fact.status == to_string(fates[index]),
                     name_of(fact) + " is " + fact.status + " and not " + to_string(fates[index]));
        check.expect(fact.dead_letter == (fates[index] == Fate::dead),
                     name_of(fact) + (fact.dead_letter ? " is" : " is not") + " a dead letter");
    }
    return check;
}

Check check_once(const Evidence& evidence) {
    Check check("each completed job has exactly one completed attempt, and no other job has one");
    for (const JobFact& fact : evidence.facts) {
        check.expect(completions(fact) == (fact.completed() ? 1U : 0U),
                     name_of(fact) + " is " + fact.status + " with " +
                         std::to_string(completions(fact)) + " completed attempts");
    }
    return check;
}

Check check_acknowledged(const Evidence& evidence) {
    Check check("acknowledged completions are those of the database");
    const Acknowledged& acknowledged = evidence.acknowledged;
    std::set<Lease> kept;
    for (const JobFact& fact : evidence.facts) {
        for (const Attempt& attempt : fact.attempts) {
            if (attempt.outcome == "completed") {
                kept.insert({fact.id, attempt.epoch});
            }
        }
    }
    for (const Lease& lease : acknowledged.completed) {
        check.expect(kept.contains(lease), name_of(lease) + " was acknowledged and is not there");
    }
    for (const Lease& lease : kept) {
        check.expect(acknowledged.completed.contains(lease) || acknowledged.unknown.contains(lease),
                     name_of(lease) + " is there and nobody completed it");
    }
    return check;
}

Check check_order(const Evidence& evidence) {
    Check check("no attempt began before all that its job depends on was completed");
    const auto& jobs = evidence.workload.jobs;
    const auto found = by_index(evidence.facts, jobs.size());
    for (std::size_t index = 0; index < jobs.size(); ++index) {
        if (found[index] == nullptr) {
            continue;
        }
        for (const std::size_t parent : jobs[index].parents) {
            const Attempt* before = completion(found[parent]);
            for (const Attempt& attempt : found[index]->attempts) {
                check.expect(before != nullptr && before->ended_us <= attempt.started_us,
                             name_of(*found[index]) + " began before job " +
                                 std::to_string(parent) + " was completed");
            }
        }
    }
    return check;
}

Check check_leases(const Evidence& evidence) {
    Check check("no lease was handed out twice, and attempts of one job do not overlap");
    for (const Lease& lease : evidence.acknowledged.leased) {
        check.expect(!evidence.acknowledged.leased_twice.contains(lease),
                     name_of(lease) + " was handed out twice");
    }
    for (const JobFact& fact : evidence.facts) {
        for (std::size_t n = 1; n < fact.attempts.size(); ++n) {
            check.expect(fact.attempts[n - 1].ended_us <= fact.attempts[n].started_us,
                         name_of(fact) + " has attempts that overlap");
        }
    }
    return check;
}

Check check_results(const Evidence& evidence) {
    Check check("each completed job has the result of its own work");
    for (const JobFact& fact : evidence.facts) {
        if (fact.completed()) {
            const auto result = nlohmann::json::parse(fact.result.value_or("null"), nullptr, false);
            check.expect(result == make_result(fact.task), name_of(fact) + " has another result");
        }
    }
    return check;
}

Check check_graphs(const Evidence& evidence) {
    Check check(evidence.in_waves
                    ? "each graph is done in as many waves as it is deep, or refused for its cycle"
                    : "the graphs that are refused are those with a cycle, which is named");
    for (std::size_t place = 0; place < evidence.graphs.size(); ++place) {
        const Graph& graph = evidence.workload.graphs[place];
        const auto& [refusal, waves] = evidence.graphs[place];
        const auto depth = depth_of(evidence.workload, graph);
        if (!depth) {
            check.expect(refusal && is_true_cycle(*refusal, evidence.workload, graph),
                         graph.name + ": " + refusal.value_or("accepted, though it has a cycle"));
        } else {
            check.expect(!refusal && (!evidence.in_waves || waves == *depth),
                         graph.name + ": " +
                             refusal.value_or(std::to_string(waves) + " waves, and not " +
                                              std::to_string(*depth)));
        }
    }
    return check;
}

}  // namespace replay
