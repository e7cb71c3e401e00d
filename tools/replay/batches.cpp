#include "replay/batches.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "replay/task.hpp"
#include "replay/text.hpp"

namespace replay {

using nlohmann::json;

namespace {

// Enough that no number of lost workers and crashes kills a job that is not poison.
constexpr int generous_retries = 100;

std::string key_of(std::size_t index) {
    return "job-" + std::to_string(index);
}

json dependencies(const Workload& workload, const Batch& batch, std::size_t index,
                  const std::vector<std::string>& ids) {
    json names = json::array();
    for (const std::size_t parent : workload.jobs[index].parents) {
        const bool here = std::ranges::binary_search(batch.jobs, parent);
        names.push_back(here ? key_of(parent) : ids.at(parent));
    }
    return names;
}

// The server wants no zeros.
json needs_of(const Needs& needs) {
    json object = json::object();
    for (const auto& [name, amount] :
         {std::pair{"cpu", needs.cpu}, {"memory", needs.memory}, {"gpu", needs.gpu}}) {
        if (amount > 0) {
            object[name] = amount;
        }
    }
    return object;
}

std::vector<Batch> batches_of_graphs(const Workload& workload) {
    std::vector<Batch> batches;
    for (const Graph& graph : workload.graphs) {
        Batch batch{batches.size(), 0, std::vector<std::size_t>(graph.jobs), graph.name};
        std::iota(batch.jobs.begin(), batch.jobs.end(), graph.first);
        if (graph.jobs > 0) {
            batch.tenant = workload.jobs[graph.first].tenant;
        }
        batches.push_back(std::move(batch));
    }
    return batches;
}

}  // namespace

std::int64_t Plan::due_us(const Job& job) const {
    return start_us + static_cast<std::int64_t>(static_cast<double>(job.arrival.count()) / speed);
}

std::vector<Batch> make_batches(const Workload& workload, std::size_t max_jobs) {
    if (!workload.graphs.empty()) {
        return batches_of_graphs(workload);
    }
    std::vector<Batch> done;
    std::vector<Batch> open(workload.tenants.size());
    const auto close = [&done](Batch& batch) {
        if (!batch.jobs.empty()) {
            batch.number = done.size();
            done.push_back(batch);
            batch.jobs.clear();
        }
    };
    for (std::size_t index = 0; index < workload.jobs.size(); ++index) {
        Batch& batch = open[workload.jobs[index].tenant];
        batch.tenant = workload.jobs[index].tenant;
        batch.jobs.push_back(index);
        if (batch.jobs.size() == max_jobs) {
            close(batch);
        }
    }
    std::ranges::for_each(open, close);
    return done;
}

json batch_argument(const Workload& workload, const Batch& batch, const Plan& plan,
                    const std::vector<std::string>& ids) {
    json argument = json::array();
    for (const std::size_t index : batch.jobs) {
        const Job& job = workload.jobs[index];
        json entry{{"key", key_of(index)},
                   {"job_type", job.type},
                   {"payload", make_payload(job, index, plan.label, batch.number)},
                   {"priority_class", "P" + std::to_string(job.priority_class)},
                   {"max_retries", job.poison ? poison_retries : generous_retries},
                   {"retry_base", "200 milliseconds"},
                   {"retry_cap", "2 seconds"}};
        if (!batch.graph.empty()) {
            entry["payload"]["graph"] = batch.graph;
        }
        if (job.arrival > Micros::zero()) {
            entry["run_at"] = format_timestamp(plan.due_us(job));
        }
        if (job.needs != Needs{}) {
            entry["needs"] = needs_of(job.needs);
        }
        if (!plan.run.empty()) {
            entry["run"] = plan.run;
        }
        if (!job.parents.empty()) {
            entry["depends_on"] = dependencies(workload, batch, index, ids);
        }
        argument.push_back(std::move(entry));
    }
    return argument;
}

}  // namespace replay
