#include "dispatch/plane.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "heap_memory.hpp"

namespace ideamine::dispatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FakeGate final : public Gate {
  public:
    Answer ask(const Tenant& tenant, const Lane&, std::uint8_t) override {
        const auto found = answers.find(std::string{tenant.id_view()});
        return found == answers.end() ? Answer::pass : found->second;
    }

    std::map<std::string, Answer> answers;
};

// A queue by name.
struct Address {
    std::string tenant = "acme";
    std::uint8_t priority_class = 2;
    std::string lane = "{}";

    auto operator<=>(const Address&) const = default;
};

class PlaneTest : public testing::Test {
  protected:
    Offset queue_of(const Address& address) {
        const Key key{.tenant = address.tenant,
                      .hash = static_cast<std::uint32_t>(address.tenant.size()),
                      .lane = address.lane,
                      .priority_class = address.priority_class};
        auto queue = plane_.find_queue(key);
        while (queue == 0) {
            Parts parts{heap_, key, plane_.room_for(key)};
            if (!parts.complete()) {
                return 0;
            }
            queue = plane_.make_queue(key, parts);
        }
        return queue;
    }
    Offset tenant_of(const std::string& name) {
        return plane_.find_tenant(name, static_cast<std::uint32_t>(name.size()));
    }

    Item item(int number) const {
        Uuid job;
        job.bytes[14] = static_cast<std::uint8_t>(number >> 8);
        job.bytes[15] = static_cast<std::uint8_t>(number);
        return {.job = job, .ready_at = Time{Duration{number}}, .row = 0, .special = 0};
    }
    static int number(const Item& item) {
        return static_cast<int>(item.ready_at.time_since_epoch().count());
    }

    void append(const Address& address, const std::vector<int>& numbers) {
        const auto queue = queue_of(address);
        plane_.add(queue, chunk_of(numbers));
    }
    Offset chunk_of(const std::vector<int>& numbers) {
        std::vector<Item> items;
        for (const int number : numbers) {
            items.push_back(item(number));
        }
        return make_chunk(heap_, items);
    }

    std::vector<Taken> take(std::size_t wanted, std::vector<std::string> lanes = {"{}"},
                            std::optional<std::vector<std::string>> tenants = {}) {
        std::vector<Offset> served;
        for (const auto& lane : lanes) {
            if (const auto offset = plane_.find_lane(lane); offset != 0) {
                served.push_back(offset);
            }
        }
        std::vector<Offset> own;
        for (const auto& tenant : tenants.value_or(std::vector<std::string>{})) {
            if (const auto offset = tenant_of(tenant); offset != 0) {
                own.push_back(offset);
            }
        }
        const Claimant claimant{
            .lanes = served,
            .tenants = tenants ? std::optional{std::span<const Offset>{own}} : std::nullopt};
        std::vector<Taken> taken;
        taken.reserve(wanted);
        const auto result = plane_.take(claimant, wanted, dry_, gate_, taken);
        free_chunks(heap_, result.emptied);
        is_dry_ = result.is_dry;
        return taken;
    }
    std::vector<int> numbers(const std::vector<Taken>& taken) {
        std::vector<int> numbers;
        for (const auto& [item, queue] : taken) {
            numbers.push_back(number(item));
        }
        return numbers;
    }
    std::map<std::string, int> tenants(const std::vector<Taken>& taken) {
        std::map<std::string, int> count;
        for (const auto& [item, queue] : taken) {
            const auto tenant = heap_.at<Queue>(queue).tenant;
            ++count[std::string{heap_.at<Tenant>(tenant).id_view()}];
        }
        return count;
    }
    void put_back(const std::vector<Taken>& taken) {
        for (auto i = taken.rbegin(); i != taken.rend(); ++i) {
            plane_.refund(i->queue, 1);
            plane_.add(i->queue, make_chunk(heap_, std::span{&i->item, 1}));
        }
    }

    Heap heap_;
    State state_{};
    Plane plane_{state_, heap_};
    FakeGate gate_;
    Plane::Dry dry_ = Plane::Dry::ends;
    bool is_dry_ = false;
};

std::vector<int> range(int first, int last) {
    std::vector<int> numbers;
    for (; first <= last; ++first) {
        numbers.push_back(first);
    }
    return numbers;
}

TEST_F(PlaneTest, AnEmptyOneGivesNothing) {
    EXPECT_THAT(take(10), IsEmpty());
}

TEST_F(PlaneTest, GivesWhatHasBeenReadyLongestFirst) {
    append({}, {1, 2});
    append({}, {3});
    EXPECT_THAT(numbers(take(2)), ElementsAre(1, 2));
    append({}, {4});
    EXPECT_THAT(numbers(take(9)), ElementsAre(3, 4));
    EXPECT_EQ(plane_.size(), 0);
}

TEST_F(PlaneTest, TakesInWhatHasBeenReadyLongerWhereItBelongs) {
    append({}, {5, 9});
    append({}, {1, 7, 10});
    append({}, {6});
    append({}, {2, 3});
    EXPECT_THAT(numbers(take(4)), ElementsAre(1, 2, 3, 5));
    append({}, {4, 11});
    EXPECT_THAT(numbers(take(9)), ElementsAre(4, 6, 7, 9, 10, 11));
}

TEST_F(PlaneTest, GivesTheHighestClassFirst) {
    append({.priority_class = 3}, {1});
    append({.priority_class = 0}, {2});
    append({.priority_class = 2}, {3});
    EXPECT_THAT(numbers(take(9)), ElementsAre(2, 3, 1));
}

TEST_F(PlaneTest, GivesAWorkerWhatItCanDo) {
    append({.lane = "{gpu}"}, {1});
    append({}, {2});
    append({.lane = "{web}"}, {3});
    EXPECT_THAT(numbers(take(9)), ElementsAre(2));
    EXPECT_THAT(numbers(take(9, {"{}", "{web}", "{gpu}"})), ElementsAre(1, 3));
}

TEST_F(PlaneTest, MergesTheLanesOfATenantByTheTimeAtWhichJobsBecameReady) {
    append({}, {1, 4, 5});
    append({.lane = "{gpu}"}, {2, 3, 6});
    EXPECT_THAT(numbers(take(9, {"{gpu}", "{}"})), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(PlaneTest, GivesAWorkerOfSomeTenantsTheirs) {
    append({.tenant = "a"}, {1});
    append({.tenant = "bb"}, {2});
    append({.tenant = "ccc"}, {3});
    EXPECT_THAT(numbers(take(9, {"{}"}, {{"ccc", "a", "dddd"}})), ElementsAre(1, 3));
    EXPECT_THAT(numbers(take(9, {"{}"}, std::vector<std::string>{})), IsEmpty());
    EXPECT_THAT(numbers(take(9)), ElementsAre(2));
}

TEST_F(PlaneTest, TenantsTakeTurns) {
    append({.tenant = "a"}, range(1, 5));
    append({.tenant = "bb"}, range(11, 12));
    append({.tenant = "ccc"}, range(21, 25));
    EXPECT_THAT(numbers(take(9)), ElementsAre(1, 11, 21, 2, 12, 22, 3, 23, 4));
}

TEST_F(PlaneTest, AreServedByWeight) {
    append({.tenant = "a"}, range(1, 1000));
    append({.tenant = "bb"}, range(1001, 2000));
    append({.tenant = "ccc"}, range(2001, 3000));
    plane_.set_weight(tenant_of("a"), 50);
    plane_.set_weight(tenant_of("ccc"), 250);
    const auto count = tenants(take(800));
    EXPECT_NEAR(count.at("a"), 100, 1);
    EXPECT_NEAR(count.at("bb"), 200, 1);
    EXPECT_NEAR(count.at("ccc"), 500, 1);
}

TEST_F(PlaneTest, WhoHadNothingToDoHasSavedUpNothing) {
    append({.tenant = "a"}, range(1, 1000));
    append({.tenant = "bb"}, {2000});
    take(500);
    append({.tenant = "bb"}, range(2001, 2500));
    EXPECT_NEAR(tenants(take(100)).at("a"), 50, 1);
}

TEST_F(PlaneTest, WhoHasWaitedWithoutAWorkerThatServesItHasSavedUpNothingBeyondItsTurn) {
    append({.tenant = "a", .lane = "{gpu}"}, range(1, 100));
    append({.tenant = "bb"}, range(101, 1000));
    take(500);
    const auto count = tenants(take(20, {"{}", "{gpu}"}));
    EXPECT_EQ(count.at("a"), 20) << "what it was not given while others were, it is owed";
}

TEST_F(PlaneTest, JobsThatTakeLongCostMore) {
    append({.tenant = "a"}, range(1, 400));
    append({.tenant = "bb"}, range(1001, 1400));
    std::map<std::string, int> seconds;
    for (int i = 0; i < 200; ++i) {
        const auto tenant = tenants(take(1)).begin()->first;
        const int busy = tenant == "a" ? 3 : 1;
        seconds[tenant] += busy;
        plane_.charge(tenant_of(tenant), 2, std::chrono::seconds{busy - 1});
    }
    EXPECT_NEAR(seconds.at("a"), seconds.at("bb"), 3);
}

TEST_F(PlaneTest, WhoComesBackOwesAMinuteAtMost) {
    append({.tenant = "a"}, {1});
    take(1);
    plane_.charge(tenant_of("a"), 2, std::chrono::hours{1});
    append({.tenant = "a"}, range(2, 100));
    append({.tenant = "bb"}, range(1001, 1200));
    EXPECT_THAT(tenants(take(60)), ElementsAre(testing::Pair("bb", 60)));
    EXPECT_NEAR(tenants(take(40)).at("a"), 20, 1);
}

TEST_F(PlaneTest, WhatIsPutBackComesFirstAndCostsNothing) {
    append({.tenant = "a"}, range(1, 10));
    append({.tenant = "bb"}, range(11, 20));
    const auto taken = take(6);
    put_back(taken);
    EXPECT_EQ(plane_.size(), 20);
    EXPECT_EQ(numbers(take(6)), numbers(taken));
}

TEST_F(PlaneTest, AParkedQueueLetsOthersPass) {
    append({.tenant = "a"}, range(1, 10));
    append({.tenant = "bb"}, range(11, 12));
    gate_.answers["a"] = Gate::Answer::park;
    EXPECT_THAT(numbers(take(9)), ElementsAre(11, 12));
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    gate_.answers.clear();
    append({.tenant = "a"}, {13});
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    plane_.unpark_all();
    EXPECT_THAT(numbers(take(3)), ElementsAre(1, 2, 3));
}

TEST_F(PlaneTest, ParkingConcernsOneQueue) {
    append({.priority_class = 0}, {1});
    gate_.answers["acme"] = Gate::Answer::park;
    EXPECT_THAT(numbers(take(1)), IsEmpty());
    append({.priority_class = 0}, {2});
    append({.priority_class = 2}, {3});
    gate_.answers.clear();
    EXPECT_THAT(numbers(take(9)), ElementsAre(3));
}

TEST_F(PlaneTest, StopsWhereTheGateSaysSo) {
    append({.tenant = "a"}, {1, 2});
    append({.tenant = "bb"}, {3});
    gate_.answers["bb"] = Gate::Answer::stop;
    EXPECT_THAT(numbers(take(9)), ElementsAre(1));
    EXPECT_EQ(plane_.size(), 2);
}

TEST_F(PlaneTest, NothingGoesBeforeWhatFoundNoRoom) {
    append({.tenant = "a", .priority_class = 1}, {1, 2});
    append({.tenant = "bb", .priority_class = 1}, {3, 4, 5});
    append({.tenant = "bb", .priority_class = 2}, {6});
    append({.priority_class = 0, .lane = "{gpu}"}, {7});
    plane_.spill(queue_of({.tenant = "a", .priority_class = 1}));
    plane_.spill(queue_of({.priority_class = 0, .lane = "{gpu}"}));
    EXPECT_THAT(numbers(take(1, {"{gpu}"})), ElementsAre(7));
    EXPECT_THAT(numbers(take(2)), ElementsAre(1, 3));  // whoever cannot do it does not wait for it
    EXPECT_FALSE(is_dry_);
    EXPECT_THAT(numbers(take(9)), ElementsAre(2));
    EXPECT_TRUE(is_dry_);
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    append({.tenant = "a", .priority_class = 1}, {8});  // comes back
    EXPECT_THAT(numbers(take(9)), ElementsAre(4, 8));
    dry_ = Plane::Dry::makes_do;
    EXPECT_THAT(numbers(take(9)), ElementsAre(5, 6));
    EXPECT_FALSE(is_dry_);
    dry_ = Plane::Dry::ends;
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    EXPECT_TRUE(is_dry_);
    free_chunks(heap_, plane_.clear());
    EXPECT_THAT(numbers(take(9)), IsEmpty());
    EXPECT_FALSE(is_dry_);
}

TEST_F(PlaneTest, WithoutRoomNothingIsMadeAndNothingLost) {
    Heap small{200};
    const Key key{.tenant = "acme", .hash = 1, .lane = "{}", .priority_class = 0};
    {
        const Parts parts{small, key, 4};
        EXPECT_FALSE(parts.complete());
        EXPECT_EQ(make_chunk(small, std::vector<Item>(100)), 0);
    }
    EXPECT_EQ(small.pieces(), 0);
}

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
            for (const auto& [item, queue] : taken) {
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
