#include "replay/cycle.hpp"

#include <algorithm>
#include <charconv>
#include <regex>
#include <vector>

namespace replay {

namespace {

const std::regex& job_key() {
    static const std::regex pattern{R"("job-(\d{1,18})\")"};
    return pattern;
}

// A job of the cycle, and whether the one before it was named, too.
struct Named {
    std::size_t index;
    bool follows;
};

std::vector<Named> named_jobs(const std::string& detail) {
    std::vector<Named> jobs;
    for (std::sregex_iterator match(detail.begin(), detail.end(), job_key()), end; match != end;
         ++match) {
        const bool gap = match->prefix().str().ends_with(" until ");
        jobs.push_back({std::stoul(match->str(1)), !gap});
    }
    return jobs;
}

}  // namespace

bool is_true_cycle(const std::string& detail, const Workload& workload, const Graph& graph) {
    const auto jobs = named_jobs(detail);
    if (jobs.size() < 2 || jobs.front().index != jobs.back().index) {
        return false;
    }
    const auto is_ours = [&](const Named& job) {
        return job.index >= graph.first && job.index < graph.first + graph.jobs;
    };
    if (!std::ranges::all_of(jobs, is_ours)) {
        return false;
    }
    for (std::size_t at = 1; at < jobs.size(); ++at) {
        const auto& parents = workload.jobs[jobs[at - 1].index].parents;
        if (jobs[at].follows && std::ranges::find(parents, jobs[at].index) == parents.end()) {
            return false;
        }
    }
    return true;
}

std::string with_names(const std::string& detail, const Workload& workload) {
    std::string text;
    auto rest = detail.begin();
    for (std::sregex_iterator match(detail.begin(), detail.end(), job_key()), end; match != end;
         ++match) {
        const std::size_t index = std::stoul(match->str(1));
        text.append(rest, match->operator[](0).first);
        text += index < workload.jobs.size() ? workload.jobs[index].name : match->str();
        rest = match->operator[](0).second;
    }
    return text.append(rest, detail.end());
}

}  // namespace replay
