#include "quota/needs.hpp"

#include <algorithm>
#include <optional>

#include "ideamine/error.hpp"

namespace ideamine::quota {

std::string to_decimal(admission::Amount units, int digits) {
    auto text = std::to_string(units);
    const auto places = static_cast<std::size_t>(digits);
    if (text.size() <= places) {
        text.insert(0, places + 1 - text.size(), '0');
    }
    if (places > 0) {
        text.insert(text.size() - places, ".");
        text.erase(text.find_last_not_of('0') + 1);
        text.erase(text.find_last_not_of('.') + 1);
    }
    return text;
}

namespace {

std::optional<Resource> find_leasable(std::string_view name) {
    const auto* found = std::ranges::find(leasable, name, to_string);
    return found == leasable.end() ? std::nullopt : std::optional{*found};
}

}  // namespace

Resource parse_leasable(std::string_view name) {
    if (const auto found = find_leasable(name)) {
        return *found;
    }
    throw Error(
        Code::invalid_argument, "unknown resource in needs", {},
        "A job can need cpu, memory, gpu and cost; it counts as a run, or as one of its run, "
        "without saying so.");
}

Resource parse_held(std::string_view name) {
    if (const auto found = find_leasable(name)) {
        return *found;
    }
    throw Error(Code::invalid_argument, "resource must be cpu, memory or gpu", {},
                "Running jobs hold nothing else.");
}

std::string to_json(const Needs& needs) {
    std::string json;
    for (const auto resource : resources) {
        if (needs[resource] > 0) {
            json += json.empty() ? "{\"" : ", \"";
            json += to_string(resource);
            json += "\": " + to_decimal(needs[resource], decimal_digits(resource));
        }
    }
    return json.empty() ? "{}" : json + "}";
}

}  // namespace ideamine::quota
