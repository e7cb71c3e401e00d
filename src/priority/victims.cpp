#include "priority/victims.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

namespace ideamine::priority {

namespace {

// For sums of any amounts.
__extension__ using Wide = __int128;

// Some of the amounts that were handed in, of which it adds up the largest: a Fenwick tree over
// their ranks.
class Largest {
  public:
    explicit Largest(const std::vector<Amount>& amounts) : rank_(amounts.size()) {
        Places order(amounts.size());
        std::iota(order.begin(), order.end(), 0);
        std::ranges::stable_sort(
            order, [&](std::size_t a, std::size_t b) { return amounts[a] > amounts[b]; });
        sums_.assign(amounts.size() + 1, 0);
        counts_.assign(amounts.size() + 1, 0);
        for (std::size_t i = 0; i < order.size(); ++i) {
            rank_[order[i]] = i + 1;
            change(i + 1, amounts[order[i]], 1);
        }
    }

    void remove(std::size_t place, Amount amount) { change(rank_[place], -amount, -1); }

    // Of the largest `count` that are left.
    Wide sum(std::size_t count) const {
        std::size_t rank = 0;
        Wide sum = 0;
        for (auto step = std::bit_floor(sums_.size()); step > 0; step /= 2) {
            const auto next = rank + step;
            if (next < sums_.size() && counts_[next] <= count) {
                rank = next;
                count -= counts_[next];
                sum += sums_[next];
            }
        }
        return sum;
    }

  private:
    void change(std::size_t rank, Amount amount, int count) {
        for (; rank < sums_.size(); rank += rank & (~rank + 1)) {
            sums_[rank] += amount;
            counts_[rank] += static_cast<std::size_t>(count);
        }
    }

    std::vector<std::size_t> rank_;  // of each, from 1: the largest amount
    std::vector<Wide> sums_;
    std::vector<std::size_t> counts_;
};

// Of the candidates, up to the end of the first class with which they are enough.
std::vector<Amount> usable_amounts(std::span<const Candidate> candidates, std::size_t resource,
                                   Amount amount) {
    std::vector<Amount> amounts;
    Wide sum = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool is_next_class =
            i > 0 && candidates[i].priority_class != candidates[i - 1].priority_class;
        if (is_next_class && sum >= amount) {
            break;
        }
        amounts.push_back(candidates[i].holds[resource]);
        sum += amounts.back();
    }
    return sum >= amount ? amounts : std::vector<Amount>{};
}

// How few of them are enough.
std::size_t least_count(const std::vector<Amount>& amounts, Amount amount) {
    auto sorted = amounts;
    std::ranges::sort(sorted, std::greater{});
    Wide sum = 0;
    std::size_t count = 0;
    while (sum < amount) {
        sum += sorted[count++];
    }
    return count;
}

}  // namespace

// Each is taken if the largest of those after it can make up for the rest.
Places select_victims(std::span<const Candidate> candidates, std::size_t resource, Amount amount) {
    if (amount <= 0) {
        return {};
    }
    const auto amounts = usable_amounts(candidates, resource, amount);
    if (amounts.empty()) {
        return {};
    }
    auto left = least_count(amounts, amount);
    Largest later{amounts};
    Places chosen;
    Wide sum = 0;
    for (std::size_t i = 0; i < amounts.size() && left > 0; ++i) {
        later.remove(i, amounts[i]);
        if (sum + amounts[i] + later.sum(left - 1) >= amount) {
            chosen.push_back(i);
            sum += amounts[i];
            --left;
        }
    }
    return chosen;
}

Amounts missing_after(std::span<const Candidate> candidates, const Places& victims,
                      const Amounts& amounts) {
    auto missing = amounts;
    for (const auto place : victims) {
        for (std::size_t i = 0; i < missing.size(); ++i) {
            missing[i] -= std::min(missing[i], candidates[place].holds[i]);
        }
    }
    return missing;
}

namespace {

// Those that are left, by their places among all.
struct Rest {
    std::vector<Candidate> candidates;
    Places places;
};

Rest all_but(std::span<const Candidate> candidates, const Places& chosen) {
    Rest rest;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (!std::ranges::binary_search(chosen, i)) {
            rest.candidates.push_back(candidates[i]);
            rest.places.push_back(i);
        }
    }
    return rest;
}

// From the last one on, who would lose the most.
Places needed_of(std::span<const Candidate> candidates, const Amounts& amounts,
                 const Places& chosen) {
    std::array<Wide, std::tuple_size_v<Amounts>> freed{};
    for (const auto place : chosen) {
        for (std::size_t i = 0; i < freed.size(); ++i) {
            freed[i] += candidates[place].holds[i];
        }
    }
    Places needed;
    for (auto next = chosen.rbegin(); next != chosen.rend(); ++next) {
        const auto place = *next;
        auto without = freed;
        bool is_needed = false;
        for (std::size_t i = 0; i < freed.size(); ++i) {
            without[i] -= candidates[place].holds[i];
            is_needed = is_needed || without[i] < amounts[i];
        }
        if (is_needed) {
            needed.push_back(place);
        } else {
            freed = without;
        }
    }
    std::ranges::reverse(needed);
    return needed;
}

}  // namespace

Places select_victims(std::span<const Candidate> candidates, const Amounts& amounts) {
    Places chosen;
    for (std::size_t resource = 0; resource < amounts.size(); ++resource) {
        const auto missing = missing_after(candidates, chosen, amounts)[resource];
        if (missing <= 0) {
            continue;
        }
        const auto rest = all_but(candidates, chosen);
        const auto more = select_victims(rest.candidates, resource, missing);
        if (more.empty()) {
            return {};
        }
        std::ranges::transform(more, std::back_inserter(chosen),
                               [&](std::size_t place) { return rest.places[place]; });
        std::ranges::sort(chosen);
    }
    return needed_of(candidates, amounts, chosen);
}

}  // namespace ideamine::priority
