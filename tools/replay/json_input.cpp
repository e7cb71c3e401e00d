#include "replay/json_input.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

namespace replay {

using nlohmann::json;

namespace {

class Malformed : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// A number within what simulated time and token counts may be.
double read_number(const json& object, const char* member) {
    constexpr double most = 1e12;
    const auto found = object.find(member);
    if (found == object.end() || !found->is_number() || !(found->get<double>() >= 0) ||
        found->get<double>() > most) {
        throw Malformed(std::string(member) + " has to be a number from 0 to 1e12");
    }
    return found->get<double>();
}

const json& read_array(const json& object, const char* member) {
    const auto found = object.find(member);
    if (found == object.end() || !found->is_array()) {
        throw Malformed(std::string(member) + " has to be an array");
    }
    return *found;
}

std::string read_string(const json& value, const char* what) {
    if (!value.is_string()) {
        throw Malformed(std::string(what) + " has to be a string");
    }
    return value.get<std::string>();
}

// Positions by name.
class Names {
  public:
    void add(const std::string& name) {
        if (!positions_.emplace(name, positions_.size()).second) {
            throw Malformed("\"" + name + "\" is there twice");
        }
    }
    std::size_t find(const json& name) const {
        const auto found = positions_.find(read_string(name, "what is waited for"));
        if (found == positions_.end()) {
            throw Malformed(name.dump() + " is waited for, and is not there");
        }
        return found->second;
    }

  private:
    std::unordered_map<std::string, std::size_t> positions_;
};

void add_parent(InputTask& task, std::size_t parent) {
    if (std::ranges::find(task.parents, parent) != task.parents.end()) {
        throw Malformed("\"" + task.name + "\" waits for the same task twice");
    }
    task.parents.push_back(parent);
}

Request read_request(const json& object) {
    return {std::chrono::duration_cast<Micros>(
                std::chrono::duration<double, std::milli>(read_number(object, "timestamp"))),
            std::llround(read_number(object, "input_length")),
            std::llround(read_number(object, "output_length"))};
}

InputGraph read_workflow(const json& object) {
    const auto name = object.find(object.contains("file") ? "file" : "name");
    InputGraph graph{name == object.end() ? "workflow" : read_string(*name, "the name"), {}};
    const json& tasks = read_array(object, "tasks");
    Names ids;
    for (const json& task : tasks) {
        ids.add(read_string(task.is_object() ? task.value("id", json()) : json(), "id of a task"));
        graph.tasks.push_back({read_string(task.value("name", task["id"]), "name of a task"), {}});
    }
    for (std::size_t place = 0; place < tasks.size(); ++place) {
        const json& task = tasks[place];
        if (task.contains("runtime")) {
            graph.tasks[place].runtime = std::chrono::duration_cast<Micros>(
                std::chrono::duration<double>(read_number(task, "runtime")));
        }
        for (const json& parent : read_array(task, "parents")) {
            add_parent(graph.tasks[place], ids.find(parent));
        }
    }
    return graph;
}

InputGraph read_edges(const json& object, const std::string& name) {
    InputGraph graph{name, {}};
    Names names;
    for (const json& node : read_array(object, "nodes")) {
        names.add(read_string(node, "a node"));
        graph.tasks.push_back({node.get<std::string>(), {}});
    }
    for (const json& edge : read_array(object, "edges")) {
        if (!edge.is_array() || edge.size() != 2) {
            throw Malformed("an edge has to be two names: " + edge.dump());
        }
        add_parent(graph.tasks[names.find(edge[0])], names.find(edge[1]));
    }
    return graph;
}

void read_line(const json& object, JsonInput& input) {
    if (object.is_object() && object.contains("tasks") && input.requests.empty()) {
        input.graphs.push_back(read_workflow(object));
    } else if (object.is_object() && object.contains("input_length") && input.graphs.empty()) {
        input.requests.push_back(read_request(object));
    } else {
        throw Malformed(
            "neither a request (timestamp, input_length, output_length) nor a workflow "
            "(tasks), as the lines before");
    }
}

void count_from_the_earliest(std::vector<Request>& requests) {
    const auto earliest = std::ranges::min_element(requests, {}, &Request::arrival);
    if (earliest == requests.end()) {
        return;
    }
    const Micros start = earliest->arrival;
    for (Request& request : requests) {
        request.arrival -= start;
    }
}

JsonInput read_lines(const std::string& text) {
    JsonInput input;
    std::istringstream lines(text);
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) {
            continue;
        }
        try {
            read_line(json::parse(line), input);
        } catch (const json::exception& error) {
            throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
        } catch (const Malformed& error) {
            throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
        }
    }
    count_from_the_earliest(input.requests);
    return input;
}

}  // namespace

JsonInput parse_json_input(const std::string& text, const std::string& name) {
    const json whole = json::parse(text, nullptr, false);
    if (whole.is_object() && whole.contains("nodes")) {
        return {{}, {read_edges(whole, name)}};
    }
    return read_lines(text);
}

}  // namespace replay
