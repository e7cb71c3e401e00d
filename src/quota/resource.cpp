#include "quota/resource.hpp"

#include <algorithm>
#include <string>

#include "ideamine/error.hpp"

namespace ideamine::quota {

namespace {

struct Entry {
    std::string_view name;
    int digits;
    bool gauge;
};

// In the order of the enumeration.
constexpr std::array<Entry, resource_count> table{{
    {"cpu", 3, true},
    {"memory", 9, true},
    {"storage", 9, true},
    {"tokens", 0, false},
    {"cost", 9, false},
    {"gpu", 0, true},
    {"concurrent_runs", 0, true},
}};

const Entry& entry_of(Resource resource) {
    return table.at(static_cast<std::size_t>(resource));
}

}  // namespace

std::string_view to_string(Resource resource) {
    return entry_of(resource).name;
}

Resource parse_resource(std::string_view name) {
    const auto* found = std::ranges::find(table, name, &Entry::name);
    if (found == table.end()) {
        throw Error(Code::invalid_argument, "unknown resource", {},
                    "Resources are cpu, memory, storage, tokens, cost, gpu and concurrent_runs.");
    }
    return static_cast<Resource>(found - table.begin());
}

bool is_gauge(Resource resource) {
    return entry_of(resource).gauge;
}

int decimal_digits(Resource resource) {
    return entry_of(resource).digits;
}

}  // namespace ideamine::quota
