// What quotas bound, and in which unit it is counted.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ideamine::quota {

enum class Resource { cpu, memory, storage, tokens, cost, gpu, concurrent_runs };

inline constexpr std::size_t resource_count = 7;
inline constexpr std::array<Resource, resource_count> resources{
    Resource::cpu,  Resource::memory, Resource::storage,        Resource::tokens,
    Resource::cost, Resource::gpu,    Resource::concurrent_runs};

constexpr int index_of(Resource resource) {
    return static_cast<int>(resource);
}

// "cpu", "memory", …
std::string_view to_string(Resource resource);
// Throws ID400, naming all there are.
Resource parse_resource(std::string_view name);

// A gauge is held and given back; a counter (tokens, cost) is consumed per day.
bool is_gauge(Resource resource);

// How many decimal digits of the unit that people use are kept: milli-cores, bytes of GB, nano-
// dollars; tokens, gpus and runs are whole.
int decimal_digits(Resource resource);

}  // namespace ideamine::quota
