// A plane and its leases beside a simulation: what may run, and what does.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dispatch/leases.hpp"
#include "dispatch/plane.hpp"
#include "heap_memory.hpp"

namespace ideamine::priority {

inline Uuid job_id(std::size_t number) {
    Uuid id;
    id.bytes[14] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return id;
}
inline std::size_t job_number(const Uuid& id) {
    return static_cast<std::size_t>(id.bytes[14]) << 8 | id.bytes[15];
}

class SimulationPlane {
  public:
    explicit SimulationPlane(std::size_t tenants) {
        state_->leases = heap_.allocate(sizeof(dispatch::LeaseTable));
        heap_.at<dispatch::LeaseTable>(state_->leases) = {};
        for (std::size_t i = 0; i < tenants; ++i) {
            for (std::uint8_t priority_class = 0; priority_class < 4; ++priority_class) {
                queue_of(i, priority_class);
            }
            tenants_.push_back(
                plane_.find_tenant(std::to_string(i), static_cast<std::uint32_t>(i)));
        }
    }

    void add(std::size_t tenant, std::uint8_t priority_class, std::size_t job, Time ready_at) {
        put(queue_of(tenant, priority_class),
            {.job = job_id(job), .ready_at = ready_at, .row = 0, .special = 0});
    }
    std::vector<dispatch::Taken> take(std::size_t wanted, dispatch::Gate& gate) {
        const std::vector lanes{plane_.find_lane(lane)};
        std::vector<dispatch::Taken> taken;
        taken.reserve(wanted);
        const auto result = plane_.take({.lanes = lanes, .tenants = {}}, wanted,
                                        dispatch::Plane::Dry::ends, gate, taken);
        dispatch::free_chunks(heap_, result.emptied);
        return taken;
    }
    void drop(const dispatch::Taken& taken) { plane_.refund(taken.queue, taken.served_as, 1); }
    void put_back(const dispatch::Taken& taken) {
        drop(taken);
        put(taken.queue, taken.item);
    }
    void unpark_all() { plane_.unpark_all(); }
    void age(Time now, Duration interval) { plane_.age(now, interval, 0, state_->tenants.size()); }
    void charge(std::size_t tenant, std::uint8_t priority_class, Duration busy) {
        plane_.charge(tenants_[tenant], priority_class, busy);
    }
    std::vector<std::size_t> first_in_line(std::uint8_t lowest_class) const {
        std::vector<dispatch::Head> heads;
        heads.reserve(4096);
        plane_.list_heads({.mark = mark, .lowest_class = lowest_class}, heads);
        std::vector<std::size_t> jobs;
        for (const auto& head : heads) {
            jobs.push_back(job_number(head.item.job));
        }
        return jobs;
    }

    void begin(std::size_t tenant, const dispatch::Leased& what) {
        const auto lease = heap_.allocate(sizeof(dispatch::Lease));
        auto& node = heap_.at<dispatch::Lease>(lease);
        node.what = what;
        auto group = dispatch::make_group(heap_, what.priority_class, dispatch::held_by(what));
        node.group = dispatch::place_group(heap_, tenants_[tenant], group);
        if (group != 0) {
            heap_.free(group);
        }
        EXPECT_TRUE(leases().add(lease));
    }
    void save(std::size_t job, std::int64_t epoch, Time at) {
        EXPECT_TRUE(
            leases()
                .change(job_id(job), epoch, {.since = at, .priority_class = {}}, ++state_->changes)
                .is_here);
    }
    void end(std::size_t job, std::int64_t epoch) {
        const auto lease = leases().end(job_id(job), epoch);
        ASSERT_NE(lease, 0U);
        heap_.free(lease);
    }
    // In the order in which they give way. Negative: of all tenants.
    std::vector<dispatch::Leased> list_yielding(int tenant, std::uint8_t below,
                                                std::size_t resource) {
        const std::vector own{tenant < 0 ? 0 : tenants_[static_cast<std::size_t>(tenant)]};
        dispatch::YieldingQuery asked{.tenants = {},
                                      .below = below,
                                      .resource = static_cast<int>(resource),
                                      .most = state_->leased};
        if (tenant >= 0) {
            asked.tenants = own;
        }
        std::vector<dispatch::Offset> lists;
        lists.reserve(dispatch::most_lists(asked));
        std::vector<dispatch::Yielder> yielding;
        yielding.reserve(state_->leased);
        leases().list_yielding(asked, lists, yielding);
        std::vector<dispatch::Leased> found;
        for (const auto& [node, what] : yielding) {
            found.push_back(what);
        }
        return found;
    }
    std::size_t leased() const { return state_->leased; }

  private:
    static constexpr char mark = '!';
    static constexpr const char* lane = "{}!";

    dispatch::Leases leases() { return {*state_, heap_}; }
    void put(dispatch::Offset queue, const dispatch::Item& item) {
        plane_.add(queue, dispatch::make_chunk(heap_, std::span{&item, 1}));
    }
    dispatch::Offset queue_of(std::size_t tenant, std::uint8_t priority_class) {
        const auto name = std::to_string(tenant);
        const dispatch::Key key{.tenant = name,
                                .hash = static_cast<std::uint32_t>(tenant),
                                .lane = lane,
                                .priority_class = priority_class};
        auto queue = plane_.find_queue(key);
        while (queue == 0) {
            dispatch::Parts parts{heap_, key, plane_.room_for(key)};
            queue = plane_.make_queue(key, parts);
        }
        return queue;
    }

    dispatch::Heap heap_;
    std::unique_ptr<dispatch::State> state_ = std::make_unique<dispatch::State>();
    dispatch::Plane plane_{*state_, heap_};
    std::vector<dispatch::Offset> tenants_;
};

}  // namespace ideamine::priority
