// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "replay/scenes.hpp"

namespace replay {

class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

enum class Sweep { detect, own, none };

struct Options {
    std::string input;  // a file; empty: a workload of its own
    std::vector<Scene> parts{Scene::workload};
    bool waves = false;
    std::string dsn;
    std::string label;  // empty: one is made up
    std::optional<std::size_t> jobs;
    std::size_t tenants = 5;
    std::uint64_t seed = 1;
    std::size_t workers = 8;
    std::size_t batch = 4;
    std::optional<double> speed;
    std::optional<double> fail_percent;
    std::optional<double> poison_percent;
    std::size_t vanish = 6;
    double lease_s = 3;
    Sweep sweep = Sweep::detect;
    bool reconnect = false;
    std::optional<double> timeout_s;
    std::string ack_log;
    std::string json;
    bool quiet = false;
    bool help = false;

    bool from_file() const { return !input.empty(); }
    // What depends on the kind of workload, where it was not said.
    double speed_or_default() const { return speed.value_or(from_file() ? 120 : 5); }
    double fail_percent_or_default() const {
        return fail_percent.value_or(waves ? 0 : from_file() ? 2 : 5);
    }
    double poison_percent_or_default() const {
        return poison_percent.value_or(from_file() ? 0 : 0.5);
    }
    std::size_t jobs_or_default() const { return jobs.value_or(2'000); }
};

// Throws UsageError with a message for people. `arguments` is without the program's name.
Options parse_options(const std::vector<std::string>& arguments);

std::string help_text();

}  // namespace replay
