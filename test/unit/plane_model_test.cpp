// A plane beside a model of it, whatever is done to both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <string>

#include "dispatch/plane.hpp"
#include "plane_fixture.hpp"

namespace ideamine::dispatch {
namespace {

// What a plane does, said naively: queues of numbers, and how much each tenant has had.
class Model {
  public:
    void append(const Address& address, const std::vector<int>& numbers) {
        auto& queue = queues_[address];
        enter(address);
        queue.insert(queue.end(), numbers.begin(), numbers.end());
        std::ranges::sort(queue);
    }
    void put_back(const Address& address, int number) {
        had_[{address.tenant, address.priority_class}] -= 1;
        enter(address);
        queues_[address].push_front(number);
        std::ranges::sort(queues_[address]);
    }
    // Whether these could be the next ones, which are then taken.
    testing::AssertionResult take(const Address& address, int number,
                                  const std::vector<std::string>& lanes) {
        for (const auto& [other, queue] : queues_) {
            if (queue.empty() || std::ranges::count(lanes, other.lane) == 0) {
                continue;
            }
            if (other.priority_class < address.priority_class) {
                return testing::AssertionFailure() << "a higher class waits";
            }
            if (other.priority_class > address.priority_class) {
                continue;
            }
            if (other.tenant == address.tenant && queue.front() < number) {
                return testing::AssertionFailure() << queue.front() << " has been ready longer";
            }
            if (had(other) < had(address)) {
                return testing::AssertionFailure() << other.tenant << " has had less";
            }
        }
        auto& queue = queues_[address];
        if (queue.empty() || queue.front() != number) {
            return testing::AssertionFailure() << "it is not the first of its queue";
        }
        queue.pop_front();
        auto& latest = latest_[address.priority_class];
        latest = std::max(latest, had(address));
        had_[{address.tenant, address.priority_class}] += 1;
        return testing::AssertionSuccess();
    }
    std::size_t size(const std::vector<std::string>& lanes) const {
        std::size_t size = 0;
        for (const auto& [address, queue] : queues_) {
            size += std::ranges::count(lanes, address.lane) > 0 ? queue.size() : 0;
        }
        return size;
    }

  private:
    int had(const Address& address) { return had_[{address.tenant, address.priority_class}]; }
    void enter(const Address& address) {
        const bool waits = std::ranges::any_of(queues_, [&](const auto& entry) {
            return entry.first.tenant == address.tenant &&
                   entry.first.priority_class == address.priority_class && !entry.second.empty();
        });
        if (!waits) {
            auto& had = had_[{address.tenant, address.priority_class}];
            had = std::max(had, latest_[address.priority_class]);
        }
    }

    std::map<Address, std::deque<int>> queues_;
    std::map<std::pair<std::string, int>, int> had_;
    std::map<int, int> latest_;
};

TEST_F(PlaneTest, DoesWhatAModelDoesWhateverHappens) {
    const std::vector<std::string> names{"a", "bb", "ccc", "dddd"};
    const std::vector<std::string> lanes{"{}", "{gpu}", "{web}"};
    for (unsigned seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        const auto below = [&](std::size_t n) { return static_cast<int>(random() % n); };
        state_ = State{};
        Model model;
        int next = 1;
        std::map<int, Address> addresses;
        for (int step = 0; step < 150; ++step) {
            if (below(2) == 0) {
                const Address address{.tenant = names[below(4)],
                                      .priority_class = static_cast<std::uint8_t>(below(3)),
                                      .lane = lanes[below(3)]};
                std::vector<int> numbers;
                for (int i = below(4); i >= 0; --i) {
                    // now and then one that has been ready longer
                    const int number = below(3) == 0 ? -next : next;
                    addresses[number] = address;
                    ++next;
                    numbers.push_back(number);
                }
                append(address, numbers);
                model.append(address, numbers);
                continue;
            }
            std::vector<std::string> served{lanes.begin(), lanes.begin() + 1 + below(3)};
            const auto wanted = static_cast<std::size_t>(1 + below(6));
            const auto could = std::min(wanted, model.size(served));
            const auto taken = take(wanted, served);
            ASSERT_EQ(taken.size(), could);
            for (const auto& [item, queue, served_as] : taken) {
                ASSERT_TRUE(model.take(addresses.at(number(item)), number(item), served))
                    << number(item);
            }
            if (below(4) == 0) {
                put_back(taken);
                for (auto i = taken.rbegin(); i != taken.rend(); ++i) {
                    model.put_back(addresses.at(number(i->item)), number(i->item));
                }
            }
        }
        EXPECT_EQ(plane_.size(), model.size(lanes));
        take(plane_.size(), lanes);
        EXPECT_EQ(plane_.size(), 0);
    }
}

}  // namespace
}  // namespace ideamine::dispatch
