#include "replay/summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace replay {

namespace {

constexpr double micros_per_second = 1e6;

// A row under construction.
struct Group {
    Row row;
    std::vector<double> waits;
};

std::int64_t runnable_since(const Job& job, const JobFact& fact, const Plan& plan,
                            const std::vector<const JobFact*>& found) {
    std::int64_t since = std::max(fact.created_us, plan.due_us(job));
    for (const std::size_t parent : job.parents) {
        if (found[parent] != nullptr) {
            since = std::max(since, found[parent]->finished_us.value_or(since));
        }
    }
    return since;
}

std::size_t attempts_with(const JobFact& fact, const std::string& outcome) {
    return static_cast<std::size_t>(std::ranges::count(fact.attempts, outcome, &Attempt::outcome));
}

void count(Group& group, const JobFact& fact, std::optional<double> wait_s) {
    Row& row = group.row;
    const std::size_t tries =
        fact.attempts.size() - attempts_with(fact, "released") - attempts_with(fact, "preempted");
    ++row.created;
    row.completed += fact.completed() ? 1 : 0;
    row.retried += tries > 0 ? tries - 1 : 0;
    row.lost += attempts_with(fact, "lost");
    row.dead += fact.dead_letter ? 1 : 0;
    row.cancelled += fact.status == "cancelled" ? 1 : 0;
    if (wait_s) {
        group.waits.push_back(*wait_s);
    }
}

Row finish(Group group, double elapsed_s) {
    group.row.wait_p50_s = percentile(group.waits, 50);
    group.row.wait_p99_s = percentile(std::move(group.waits), 99);
    group.row.completed_per_s =
        elapsed_s > 0 ? static_cast<double>(group.row.completed) / elapsed_s : 0;
    return std::move(group.row);
}

double elapsed(const Facts& facts) {
    if (facts.empty()) {
        return 0;
    }
    std::int64_t first = facts.front().created_us;
    std::int64_t last = first;
    for (const JobFact& fact : facts) {
        first = std::min(first, fact.created_us);
        last = std::max(last, fact.finished_us.value_or(last));
    }
    return static_cast<double>(last - first) / micros_per_second;
}

void add(Sums& sums, const Task& task) {
    ++sums.rows;
    sums.context_tokens += task.context_tokens;
    sums.generated_tokens += task.generated_tokens;
}

}  // namespace

double percentile(std::vector<double> values, double percent) {
    if (values.empty()) {
        return 0;
    }
    const double rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
    const auto place = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(place));
    return values[place];
}

Summary summarize(const Workload& workload, const Plan& plan, const Facts& facts) {
    const auto found = by_index(facts, workload.jobs.size());
    std::map<std::pair<std::size_t, int>, Group> groups;
    Group total;
    Summary summary;
    for (std::size_t index = 0; index < found.size(); ++index) {
        if (found[index] == nullptr) {
            continue;
        }
        const Job& job = workload.jobs[index];
        const JobFact& fact = *found[index];
        std::optional<double> wait_s;
        if (!fact.attempts.empty()) {
            const auto since = runnable_since(job, fact, plan, found);
            const auto wait = std::max<std::int64_t>(0, fact.attempts.front().started_us - since);
            wait_s = static_cast<double>(wait) / micros_per_second;
        }
        count(groups[{job.tenant, job.priority_class}], fact, wait_s);
        count(total, fact, wait_s);
        if (fact.completed()) {
            add(summary.sums, fact.task);
        }
    }
    summary.elapsed_s = elapsed(facts);
    for (auto& [key, group] : groups) {
        group.row.tenant = workload.tenants[key.first];
        group.row.priority_class = "P" + std::to_string(key.second);
        summary.rows.push_back(finish(std::move(group), summary.elapsed_s));
    }
    total.row.tenant = "all";
    summary.total = finish(std::move(total), summary.elapsed_s);
    return summary;
}

}  // namespace replay
