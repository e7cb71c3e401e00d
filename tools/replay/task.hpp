// The payload of a job: what its worker has to know. Workers have nothing else, as in real life.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "replay/workload.hpp"

namespace replay {

struct Task : Work {
    std::size_t index = 0;  // position in Workload::jobs
    int fail_first = 0;
    bool poison = false;

    // A lost attempt counts like a failed one, so that the number alone decides.
    bool fails(int attempt) const { return poison || attempt <= fail_first; }
};

// `label` names the run, `batch` the call that created the job; together they tell after a lost
// answer whether that call was committed.
nlohmann::json make_payload(const Job& job, std::size_t index, const std::string& label,
                            std::size_t batch);

// Throws nlohmann::json::exception for anything that make_payload() did not make.
Task parse_payload(const std::string& payload);

// What a completed attempt returns; it names the job, so that a result at the wrong job is seen.
nlohmann::json make_result(const Task& task);

}  // namespace replay
