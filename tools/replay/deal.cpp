#include "replay/deal.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace replay {

namespace {

// P0 to P3, in percent: most work is normal, little is critical.
const std::vector<std::uint64_t>& class_weights() {
    static const std::vector<std::uint64_t> weights{5, 25, 50, 20};
    return weights;
}

std::size_t share(double percent, std::size_t jobs) {
    return static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(jobs)));
}

}  // namespace

std::int64_t Random::between(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first) + 1));
}

std::size_t Random::weighted(const std::vector<std::uint64_t>& weights) {
    std::uint64_t ticket = below(std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}));
    std::size_t position = 0;
    while (ticket >= weights[position]) {
        ticket -= weights[position++];
    }
    return position;
}

std::vector<std::string> tenant_names(std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t number = 1; number <= count; ++number) {
        names.push_back("tenant-" + std::to_string(number));
    }
    return names;
}

Dealer::Dealer(const DealOptions& options) : options_(options), random_(options.seed) {
    constexpr std::uint64_t largest = 10'000;
    for (std::size_t number = 1; number <= options.tenants; ++number) {
        tenant_weights_.push_back(std::max<std::uint64_t>(1, largest / number));
    }
}

std::size_t Dealer::tenant() {
    return random_.weighted(tenant_weights_);
}

int Dealer::priority_class() {
    return static_cast<int>(random_.weighted(class_weights()));
}

void Dealer::mark_failures(std::vector<Job>& jobs) {
    const std::size_t poison = std::min(jobs.size(), share(options_.poison_percent, jobs.size()));
    const std::size_t marked =
        std::min(jobs.size(), poison + share(options_.fail_percent, jobs.size()));
    std::vector<std::size_t> order(jobs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t place = 0; place < marked; ++place) {
        std::swap(order[place], order[place + random_.below(order.size() - place)]);
        Job& job = jobs[order[place]];
        if (place < poison) {
            job.poison = true;
        } else {
            job.fail_first = static_cast<int>(random_.between(1, 3));
        }
    }
}

}  // namespace replay
