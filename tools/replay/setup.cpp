#include "replay/setup.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

#include "replay/csv.hpp"
#include "replay/generate.hpp"
#include "replay/json_input.hpp"
#include "replay/trace.hpp"

namespace replay {

namespace {

void require_extension(Connection& connection) {
    const Result result = connection.run(
        "SELECT pg_catalog.current_database(),"
        "       pg_catalog.to_regprocedure('ideamine.acquire_jobs(uuid,integer,interval)')");
    if (result.is_null(0, 1)) {
        throw std::runtime_error("database \"" + result.text(0, 0) +
                                 "\" does not have the extension: CREATE EXTENSION ideamine");
    }
}

// By the time and a random number: two runs that start together must not meet.
std::string make_label() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> date{};
    std::strftime(date.data(), date.size(), "run-%Y%m%d-%H%M%S", &parts);
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "-%08x", std::random_device{}());
    return std::string(date.data()) + number.data();
}

void require_new_label(Connection& connection, const Setup& setup) {
    const Result result = connection.run(
        "SELECT EXISTS (SELECT FROM ideamine.tenants WHERE tenant_id = ANY($1::text[]))",
        {setup.tenant_array});
    if (result.boolean(0, 0)) {
        throw std::runtime_error("there was a run labelled \"" + setup.plan.label +
                                 "\" in this database already, choose another --label");
    }
}

// The names need no quotes: set_label() and tenant_names() let nothing else through.
std::string array_literal(const std::vector<std::string>& names) {
    std::string literal;
    for (const std::string& name : names) {
        literal += (literal.empty() ? "" : ",") + name;
    }
    return '{' + literal + '}';
}

bool has_background_worker(Connection& connection) {
    return connection
        .run(
            "SELECT EXISTS (SELECT FROM pg_catalog.unnest(pg_catalog.string_to_array("
            "         pg_catalog.current_setting('ideamine.databases', true), ',')) AS name"
            "       WHERE pg_catalog.btrim(name, ' \"') = pg_catalog.current_database())")
        .boolean(0, 0);
}

bool decide_sweep(Connection& connection, Sweep wish) {
    switch (wish) {
        case Sweep::own:
            return true;
        case Sweep::none:
            return false;
        case Sweep::detect:
            break;
    }
    return !has_background_worker(connection);
}

// None if it is not JSON: a CSV, which the server reads.
std::optional<std::string> read_json_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file || (file >> std::ws).peek() != '{') {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

JsonInput read_json_input(const std::string& path, const std::string& text) {
    try {
        return parse_json_input(text, std::filesystem::path(path).filename().string());
    } catch (const std::runtime_error& error) {
        throw std::runtime_error("could not read " + path + ": " + error.what());
    }
}

Workload make_workload(Connection& connection, const Options& options) {
    const DealOptions deal{options.tenants, options.seed, options.fail_percent_or_default(),
                           options.poison_percent_or_default()};
    if (!options.from_file()) {
        return generate(options.jobs_or_default(), deal);
    }
    const auto text = read_json_file(options.input);
    if (!text) {
        return from_trace(read_requests(connection, options.input, options.jobs), deal);
    }
    JsonInput input = read_json_input(options.input, *text);
    if (!input.graphs.empty()) {
        return from_graphs(input.graphs, deal);
    }
    input.requests.resize(std::min(input.requests.size(), options.jobs.value_or(SIZE_MAX)));
    return from_trace(input.requests, deal);
}

// Scenes are always the same, whatever the workload beside them is like. Nobody vanishes and
// nothing fails, so that whoever stops was made to.
Options options_of_scenes(Options options) {
    const Options defaults;
    options.workers = defaults.workers;
    options.batch = defaults.batch;
    options.lease_s = defaults.lease_s;
    options.speed = 1;
    options.vanish = 0;
    return options;
}

Workload workload_of(Connection& connection, const Options& options, Scene scene) {
    switch (scene) {
        case Scene::pressure:
            return pressure_workload();
        case Scene::budget:
            return budget_workload();
        case Scene::workload:
            break;
    }
    return make_workload(connection, options);
}

std::string label_of(const Options& options, Scene scene) {
    std::string label = options.label.empty() ? make_label() : options.label;
    switch (scene) {
        case Scene::pressure:
            return label + "-pressure";
        case Scene::budget:
            return label + "-budget";
        case Scene::workload:
            break;
    }
    return label;
}

void require_graphs(const Setup& setup) {
    if (setup.options.waves && setup.workload.graphs.empty()) {
        throw std::runtime_error("--waves is for task graphs, see --help");
    }
}

std::int64_t server_time_us(Connection& connection) {
    return connection
        .run("SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint")
        .integer(0, 0);
}

}  // namespace

Setup prepare(const Options& given, Scene scene) {
    const Options options = scene == Scene::workload ? given : options_of_scenes(given);
    Connection connection(options.dsn);
    require_extension(connection);
    Setup setup;
    setup.options = options;
    setup.scene = scene;
    setup.server = {options.dsn, options.reconnect};
    setup.workload = workload_of(connection, options, scene);
    require_graphs(setup);
    setup.plan.label = label_of(options, scene);
    setup.plan.speed = options.speed_or_default();
    if (scene == Scene::budget) {
        setup.plan.run = connection.run("SELECT pg_catalog.gen_random_uuid()").text(0, 0);
    }
    for (const std::string& tenant : setup.workload.tenants) {
        setup.tenant_ids.push_back(setup.plan.label + '/' + tenant);
    }
    setup.tenant_array = array_literal(setup.tenant_ids);
    require_new_label(connection, setup);
    setup.sweep = decide_sweep(connection, options.sweep);
    setup.plan.start_us = server_time_us(connection);
    setup.started = Clock::now();
    return setup;
}

}  // namespace replay
