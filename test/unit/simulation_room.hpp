// Counters of a platform and its tenants for a simulation: what admission counts in shared memory.
#pragma once

#include <algorithm>
#include <vector>

#include "priority/victims.hpp"

namespace ideamine::priority {

inline constexpr std::size_t resource_kinds = 3;

inline void add(Amounts& sum, const Amounts& more, Amount sign = 1) {
    for (std::size_t i = 0; i < resource_kinds; ++i) {
        sum[i] += sign * more[i];
    }
}

// Of the platform, and of each tenant.
struct Sums {
    explicit Sums(std::size_t count) : of_tenant(count) {}
    void add(std::size_t tenant, const Amounts& more, Amount sign = 1) {
        priority::add(platform, more, sign);
        priority::add(of_tenant[tenant], more, sign);
    }
    // None is above that of `limits`.
    bool within(const Sums& limits) const {
        const auto fit = [](const Amounts& sum, const Amounts& limit) {
            return std::ranges::equal(sum, limit, std::less_equal{});
        };
        return fit(platform, limits.platform) &&
               std::ranges::equal(of_tenant, limits.of_tenant, fit);
    }

    Amounts platform{};
    std::vector<Amounts> of_tenant;
};

// As quota::Shortage.
struct Shortage {
    std::size_t resource;
    bool of_platform;
    Amount missing;
    Amount limit;
    double utilization;
};

class Room {
  public:
    explicit Room(const Sums& limits) : limits_(limits), used_(limits.of_tenant.size()) {}

    const Sums& limits() const { return limits_; }
    const Sums& used() const { return used_; }
    void take(std::size_t tenant, const Amounts& needs) { used_.add(tenant, needs); }
    void give_back(std::size_t tenant, const Amounts& needs) { used_.add(tenant, needs, -1); }

    // As quota::shortages() of shortages_store: what was freed is not counted.
    std::vector<Shortage> shortages(std::size_t tenant, const Amounts& needs,
                                    const Sums& freed) const {
        std::vector<Shortage> found;
        for (std::size_t i = 0; i < resource_kinds; ++i) {
            for (const bool of_platform : {false, true}) {
                const auto of = [&](const Sums& sums) {
                    return of_platform ? sums.platform[i] : sums.of_tenant[tenant][i];
                };
                const auto missing = of(used_) - of(freed) + needs[i] - of(limits_);
                if (needs[i] > 0 && missing > 0) {
                    const auto share =
                        static_cast<double>(of(used_)) / static_cast<double>(of(limits_));
                    found.push_back({.resource = i,
                                     .of_platform = of_platform,
                                     .missing = missing,
                                     .limit = of(limits_),
                                     .utilization = std::min(share, 1.0)});
                }
            }
        }
        return found;
    }
    bool fits(std::size_t tenant, const Amounts& needs, const Sums& freed) const {
        return shortages(tenant, needs, freed).empty();
    }
    bool fits(std::size_t tenant, const Amounts& needs) const {
        return fits(tenant, needs, Sums{limits_.of_tenant.size()});
    }

  private:
    Sums limits_;
    Sums used_;
};

}  // namespace ideamine::priority
