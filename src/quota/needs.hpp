// What a job needs of its tenant's quotas while it runs, beside its run.
#pragma once

#include <string>
#include <string_view>

#include "admission/counter.hpp"
#include "quota/resource.hpp"

namespace ideamine::quota {

struct Needs {
    std::array<admission::Amount, resource_count> amounts{};  // in the smallest units; 0: none

    admission::Amount& operator[](Resource resource) {
        return amounts[static_cast<std::size_t>(resource)];
    }
    admission::Amount operator[](Resource resource) const {
        return amounts[static_cast<std::size_t>(resource)];
    }
    Needs& operator+=(const Needs& more) {
        for (std::size_t i = 0; i < amounts.size(); ++i) {
            amounts[i] += more.amounts[i];
        }
        return *this;
    }
    bool empty() const { return *this == Needs{}; }
    bool operator==(const Needs&) const = default;
};

// What a running job can hold of.
inline constexpr std::array leasable{Resource::cpu, Resource::memory, Resource::gpu};

// Throws ID400 unless a job can hold of it: for needs, and for what running jobs hold.
Resource parse_leasable(std::string_view name);
Resource parse_held(std::string_view name);

// Units with so many decimal digits, as people write them: 1500 with 3 is 1.5.
std::string to_decimal(admission::Amount units, int digits);

// As they are kept with a job: {"cpu": 0.5, "memory": 4}.
std::string to_json(const Needs& needs);

}  // namespace ideamine::quota
