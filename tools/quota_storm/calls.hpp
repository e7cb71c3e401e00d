// Random calls, as statements.
#pragma once

#include <optional>
#include <random>

#include "quota_storm/tenants.hpp"

namespace storm {

// What a worker has acquired, as far as its transactions were committed: nobody knows.
struct Lease {
    std::string tenant;
    std::string job;
    std::string epoch;
};

class Calls {
  public:
    Calls(const std::vector<Tenant>& tenants, unsigned seed) : tenants_(tenants), random_(seed) {}

    int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    template <typename Some>
    const auto& any(const Some& some) {
        return some.at(static_cast<std::size_t>(draw(static_cast<int>(some.size()))));
    }

    // Of quota, to be looked at: a row with allowed, burst_allowed and whether the answer shows
    // that more was allowed than the limit. Or a single value.
    std::string of_quota();
    std::string of_user();
    // Its rows are leases.
    std::string acquire(const std::string& worker);
    std::string create_job();
    std::string end(const Lease& lease);

  private:
    const std::vector<Tenant>& tenants_;
    std::mt19937 random_;
};

}  // namespace storm
