#include "replay/capacity.hpp"

#include <iostream>
#include <stdexcept>

namespace replay {

namespace {

void set(Connection& connection, const std::string& resource, const std::string& amount) {
    connection.run("SELECT ideamine.set_platform_capacity($1, $2)", {resource, amount});
}

void require_free_platform(Connection& connection) {
    const Result result = connection.run(
        "SELECT pg_catalog.count(*) FROM ideamine.get_resource_utilization() WHERE used > 0");
    if (result.integer(0, 0) > 0) {
        throw std::runtime_error(
            "jobs of others hold cpu, memory or gpu, and would give way: --pressure needs a"
            " platform for itself");
    }
}

}  // namespace

PlatformCapacity::PlatformCapacity(const Setup& setup) : connection_(setup.options.dsn) {
    require_free_platform(connection_);
    connection_.run("BEGIN");
    const Result result =
        connection_.run("SELECT resource, capacity FROM ideamine.platform_capacity");
    for (int row = 0; row < result.rows(); ++row) {
        before_.emplace_back(result.text(row, 0), result.text(row, 1));
    }
    for (const auto& [resource, amount] : scene_capacity()) {
        set(connection_, resource, std::to_string(amount));
    }
    connection_.run("COMMIT");
}

PlatformCapacity::~PlatformCapacity() {
    try {
        connection_.run("BEGIN");
        for (const auto& capacity : scene_capacity()) {
            connection_.run("SELECT ideamine.set_platform_capacity($1, NULL)", {capacity.resource});
        }
        for (const auto& [resource, amount] : before_) {
            set(connection_, resource, amount);
        }
        connection_.run("COMMIT");
    } catch (const std::exception& error) {
        std::cerr << "replay: the platform's capacity was not put back: " << error.what() << '\n';
    }
}

}  // namespace replay
