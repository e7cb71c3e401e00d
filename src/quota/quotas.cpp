#include "quota/quotas.hpp"

#include <algorithm>
#include <cmath>

namespace ideamine::quota {

namespace {

using admission::Limits;
using admission::unlimited;

// In the units that people use: cores, GB, GB, tokens and USD per day, gpus, runs.
using Usual = std::array<Amount, resource_count>;
// Each job without a run is one.
constexpr Usual free_tier{2, 4, 10, 100'000, 1, 0, 100};
constexpr Usual standard_tier{16, 64, 500, 10'000'000, 100, 2, 100'000};
constexpr Usual premium_tier{64, 256, 5'000, 100'000'000, 1'000, 8, 1'000'000};

Amount in_smallest_units(Amount usual, Resource resource) {
    for (int digit = 0; digit < decimal_digits(resource); ++digit) {
        usual *= 10;
    }
    return usual;
}

// Rounded down, and exact where a double would not be; saturates.
Amount percent_of(Amount amount, int percent) {
    Amount hundreds = 0;
    Amount sum = 0;
    const bool overflows =
        __builtin_mul_overflow(amount / 100, static_cast<Amount>(percent), &hundreds) ||
        __builtin_add_overflow(hundreds, amount % 100 * percent / 100, &sum);
    return overflows ? unlimited : sum;
}

Amount fraction_of(Amount amount, double fraction) {
    constexpr Amount millionths = 1'000'000;
    // however small the fraction is, nothing is not a part that could be reached
    const auto parts =
        std::max(static_cast<Amount>(std::llround(fraction * millionths)), Amount{1});
    // rounded up: a limit of 1 has no threshold below it
    return amount / millionths * parts +
           (amount % millionths * parts + millionths - 1) / millionths;
}

bool may_burst(Resource resource) {
    return resource == Resource::cpu || resource == Resource::memory;
}

// Storage does not fall by waiting.
bool throttles(Resource resource) {
    return resource != Resource::storage;
}

Limits limits_of(const Quotas& quotas, Resource resource) {
    Limits limits{.limit = quotas.limits[static_cast<std::size_t>(resource)]};
    if (limits.limit == unlimited) {
        return limits;
    }
    if (may_burst(resource)) {
        limits.burst = percent_of(limits.limit, quotas.burst_percent);
        limits.burst_time = quotas.burst_time;
    }
    if (quotas.throttle_enabled && throttles(resource)) {
        limits.throttle_at = fraction_of(limits.limit, quotas.throttle_threshold);
    }
    limits.throttle_once = !is_gauge(resource);
    return limits;
}

}  // namespace

Quotas tier_quotas(std::string_view tier) {
    Quotas quotas;
    if (tier == "enterprise") {
        quotas.limits.fill(unlimited);
        return quotas;
    }
    const auto& usual = tier == "free"       ? free_tier
                        : tier == "standard" ? standard_tier
                                             : premium_tier;
    for (const auto resource : resources) {
        const auto index = static_cast<std::size_t>(resource);
        quotas.limits[index] = in_smallest_units(usual[index], resource);
    }
    return quotas;
}

admission::Rules rules_of(const Quotas& quotas) {
    admission::Rules rules;
    for (const auto resource : resources) {
        rules.limits[static_cast<std::size_t>(resource)] = limits_of(quotas, resource);
        if (!is_gauge(resource)) {
            rules.windowed |= static_cast<std::uint8_t>(1U << index_of(resource));
        }
    }
    rules.throttles = quotas.throttle_enabled;
    rules.throttle_time = throttle_time;
    return rules;
}

}  // namespace ideamine::quota
