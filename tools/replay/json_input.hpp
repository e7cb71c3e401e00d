// Reads what JSON files can hold: task graphs, and records of requests.
#pragma once

#include <string>
#include <vector>

#include "replay/graphs.hpp"
#include "replay/trace.hpp"

namespace replay {

// One of the two is empty.
struct JsonInput {
    std::vector<Request> requests;
    std::vector<InputGraph> graphs;
};

// Takes one of these, told apart by their members; others are ignored:
// - a request a line: timestamp (ms), input_length and output_length (tokens);
// - a workflow a line: name or file, and tasks, each with id, name, parents (ids) and runtime (s);
// - one object: nodes (names) and edges, [one, another that it waits for]; `name` is the graph's.
// Throws std::runtime_error that names the line and what is wrong with it.
JsonInput parse_json_input(const std::string& text, const std::string& name);

}  // namespace replay
