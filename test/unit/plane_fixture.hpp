// A plane with queues that have names, for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "dispatch/plane.hpp"
#include "heap_memory.hpp"

namespace ideamine::dispatch {

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
        for (const auto& [item, queue, served_as] : taken) {
            numbers.push_back(number(item));
        }
        return numbers;
    }
    std::map<std::string, int> tenants(const std::vector<Taken>& taken) {
        std::map<std::string, int> count;
        for (const auto& [item, queue, served_as] : taken) {
            const auto tenant = heap_.at<Queue>(queue).tenant;
            ++count[std::string{heap_.at<Tenant>(tenant).id_view()}];
        }
        return count;
    }
    void put_back(const std::vector<Taken>& taken) {
        for (auto i = taken.rbegin(); i != taken.rend(); ++i) {
            plane_.refund(i->queue, i->served_as, 1);
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

inline std::vector<int> range(int first, int last) {
    std::vector<int> numbers;
    for (; first <= last; ++first) {
        numbers.push_back(first);
    }
    return numbers;
}

}  // namespace ideamine::dispatch
