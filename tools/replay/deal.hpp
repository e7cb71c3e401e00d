// What both kinds of workload share: tenants of different sizes, classes and failures, all dealt by
// the seed, so that the same options always make the same workload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "replay/workload.hpp"

namespace replay {

struct DealOptions {
    std::size_t tenants = 5;
    std::uint64_t seed = 1;
    double fail_percent = 0;
    double poison_percent = 0;
};

// The standard's distributions differ between libraries; its engines do not.
class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    // Uniform in [0, bound), up to a bias that does not matter here.
    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
    // Uniform in [first, last].
    std::int64_t between(std::int64_t first, std::int64_t last);
    // A position, chosen in proportion to its weight.
    std::size_t weighted(const std::vector<std::uint64_t>& weights);

  private:
    std::mt19937_64 engine_;
};

std::vector<std::string> tenant_names(std::size_t count);

class Dealer {
  public:
    explicit Dealer(const DealOptions& options);

    Random& random() { return random_; }
    // The first tenant is the largest, the n-th has about an n-th of its jobs.
    std::size_t tenant();
    int priority_class();
    // Makes that share of the jobs poison, and that share of others fail one to three times first.
    void mark_failures(std::vector<Job>& jobs);

  private:
    DealOptions options_;
    Random random_;
    std::vector<std::uint64_t> tenant_weights_;
};

}  // namespace replay
