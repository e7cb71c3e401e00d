#include "replay/task.hpp"

#include <cmath>

namespace replay {

using nlohmann::json;

namespace {

constexpr double micros_per_second = 1e6;

}  // namespace

json make_payload(const Job& job, std::size_t index, const std::string& label, std::size_t batch) {
    json payload{{"replay", label},
                 {"batch", batch},
                 {"index", index},
                 {"context_tokens", job.context_tokens},
                 {"generated_tokens", job.generated_tokens},
                 {"offset_ms", static_cast<double>(job.arrival.count()) / 1000}};
    if (!job.name.empty()) {
        payload["name"] = job.name;
    }
    if (job.runtime > Micros::zero()) {
        payload["runtime_s"] = static_cast<double>(job.runtime.count()) / micros_per_second;
    }
    if (job.steps > 0) {
        payload["steps"] = job.steps;
        payload["step_cost_nano"] = job.step_cost;
    }
    if (job.fail_first > 0) {
        payload["fail_first"] = job.fail_first;
    }
    if (job.poison) {
        payload["poison"] = true;
    }
    return payload;
}

Task parse_payload(const std::string& payload) {
    const json object = json::parse(payload);
    Task task;
    task.index = object.at("index").get<std::size_t>();
    task.context_tokens = object.at("context_tokens").get<std::int64_t>();
    task.generated_tokens = object.at("generated_tokens").get<std::int64_t>();
    task.runtime = Micros{std::llround(object.value("runtime_s", 0.0) * micros_per_second)};
    task.steps = object.value("steps", 0);
    task.step_cost = object.value("step_cost_nano", Nano{0});
    task.fail_first = object.value("fail_first", 0);
    task.poison = object.value("poison", false);
    return task;
}

json make_result(const Task& task) {
    return {{"index", task.index}, {"tokens", task.context_tokens + task.generated_tokens}};
}

}  // namespace replay
