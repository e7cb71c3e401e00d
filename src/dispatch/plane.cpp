#include "dispatch/plane.hpp"

#include <algorithm>
#include <utility>

#include "dispatch/order.hpp"
#include "dispatch/runs.hpp"

namespace ideamine::dispatch {

namespace {

Offset& bucket_of(State& state, std::uint32_t hash) {
    return state.tenants[hash % state.tenants.size()];
}

}  // namespace

Offset Plane::find_tenant(std::string_view id, std::uint32_t hash) const {
    auto offset = bucket_of(state_, hash);
    while (offset != 0) {
        const auto& tenant = memory_.at<Tenant>(offset);
        if (tenant.hash == hash && tenant.id_view() == id) {
            break;
        }
        offset = tenant.next;
    }
    return offset;
}

Offset Plane::find_lane(std::string_view name) const {
    auto offset = state_.lanes;
    while (offset != 0 && memory_.at<Lane>(offset).name_view() != name) {
        offset = memory_.at<Lane>(offset).next;
    }
    return offset;
}

Offset Plane::find_queue(const Key& key) const {
    const auto tenant = find_tenant(key.tenant, key.hash);
    auto offset = tenant == 0 ? 0 : memory_.at<Tenant>(tenant).queues;
    while (offset != 0) {
        const auto& queue = memory_.at<Queue>(offset);
        if (queue.priority_class == key.priority_class &&
            memory_.at<Lane>(queue.lane).name_view() == key.lane) {
            break;
        }
        offset = queue.next;
    }
    return offset;
}

// Twice as much each time.
std::uint32_t Plane::room_for(const Key& key) const {
    constexpr std::uint32_t least = 4;
    const auto lane = find_lane(key.lane);
    if (lane == 0) {
        return least;
    }
    const auto& order = memory_.at<Lane>(lane).orders[key.priority_class];
    return order.queues < order.capacity ? 1 : std::max(least, 2 * order.queues);
}

Offset Plane::make_queue(const Key& key, Parts& parts) {
    if (const auto found = find_queue(key); found != 0) {
        return found;
    }
    auto lane = find_lane(key.lane);
    if (lane == 0) {
        lane = std::exchange(parts.lane, 0);
        memory_.at<Lane>(lane).next = std::exchange(state_.lanes, lane);
    }
    auto& order = memory_.at<Lane>(lane).orders[key.priority_class];
    if (order.queues == order.capacity) {
        if (parts.room <= order.capacity) {
            return 0;
        }
        if (order.size > 0) {
            std::copy_n(&memory_.at<Place>(order.places), order.size,
                        &memory_.at<Place>(parts.places));
        }
        std::swap(order.places, parts.places);
        order.capacity = parts.room;
    }
    auto tenant = find_tenant(key.tenant, key.hash);
    if (tenant == 0) {
        tenant = std::exchange(parts.tenant, 0);
        memory_.at<Tenant>(tenant).next = std::exchange(bucket_of(state_, key.hash), tenant);
    }
    const auto made = std::exchange(parts.queue, 0);
    auto& queue = memory_.at<Queue>(made);
    queue.tenant = tenant;
    queue.lane = lane;
    queue.priority_class = key.priority_class;
    queue.next = std::exchange(memory_.at<Tenant>(tenant).queues, made);
    ++order.queues;
    return made;
}

void Plane::set_weight(Offset tenant, std::uint32_t weight) {
    memory_.at<Tenant>(tenant).weight = weight;
}

// Whether any of its queues of this class stands in an order.
bool Plane::is_served(const Tenant& tenant, std::uint8_t priority_class) const {
    for (auto offset = tenant.queues; offset != 0; offset = memory_.at<Queue>(offset).next) {
        const auto& queue = memory_.at<Queue>(offset);
        if (queue.priority_class == priority_class && queue.place != 0) {
            return true;
        }
    }
    return false;
}

// A tenant that had nothing to do begins where the others are, or behind them by what it owes.
void Plane::enter(Offset offset) {
    auto& queue = memory_.at<Queue>(offset);
    auto& tenant = memory_.at<Tenant>(queue.tenant);
    const auto priority_class = queue.priority_class;
    if (queue.place != 0 || queue.size == 0 || queue.is_parked) {
        return;
    }
    auto& standing = tenant.standings[priority_class];
    if (!is_served(tenant, priority_class)) {
        const auto latest = state_.latest[priority_class];
        standing = {std::clamp(standing.pass, latest, latest + longest_debt(tenant.weight)),
                    ++state_.turns};
    }
    OrderView{order_of(queue), memory_}.insert({standing, offset});
}

void Plane::leave(Offset offset) {
    auto& queue = memory_.at<Queue>(offset);
    if (queue.place != 0) {
        OrderView{order_of(queue), memory_}.remove(queue);
    }
}

namespace {

bool is_dry(const Queue& queue) {
    return queue.has_spilled && queue.size == 0;
}

}  // namespace

void Plane::note_dry(const Queue& queue, bool was_dry) const {
    order_of(queue).dry += is_dry(queue) ? 1 : 0;
    order_of(queue).dry -= was_dry ? 1 : 0;
}

void Plane::add(Offset offset, Offset chunk) {
    auto& queue = memory_.at<Queue>(offset);
    const bool was_dry = is_dry(queue);
    auto& added = memory_.at<Chunk>(chunk);
    added.next = added.child = 0;
    queue.size += added.end - added.begin;
    state_.size += added.end - added.begin;
    note_dry(queue, was_dry);
    if (queue.last == 0) {
        queue.first = queue.last = chunk;
    } else if (auto& last = memory_.at<Chunk>(queue.last); last.last() < added.first()) {
        last.next = queue.last = chunk;
    } else {
        queue.late = merge_runs(memory_, queue.late, chunk);
    }
    enter(offset);
}

void Plane::refund(Offset offset, std::uint32_t items) {
    const auto& queue = memory_.at<Queue>(offset);
    auto& tenant = memory_.at<Tenant>(queue.tenant);
    auto standing = tenant.standings[queue.priority_class];
    standing.pass -= std::min(standing.pass, items * (cost / tenant.weight));
    change(tenant, queue.priority_class, standing);
}

void Plane::charge(Offset offset, std::uint8_t priority_class, Duration busy) {
    using Seconds = std::chrono::duration<double>;
    auto& tenant = memory_.at<Tenant>(offset);
    auto standing = tenant.standings[priority_class];
    standing.pass += static_cast<Pass>(Seconds{busy} / Seconds{1} * cost) / tenant.weight;
    change(tenant, priority_class, standing);
}

void Plane::spill(Offset offset) {
    auto& queue = memory_.at<Queue>(offset);
    if (!std::exchange(queue.has_spilled, true)) {
        ++state_.spilled;
        note_dry(queue, false);
    }
}

Offset Plane::clear() {
    Offset cleared = 0;
    for (auto tenant : state_.tenants) {
        for (; tenant != 0; tenant = memory_.at<Tenant>(tenant).next) {
            for (auto offset = memory_.at<Tenant>(tenant).queues; offset != 0;
                 offset = memory_.at<Queue>(offset).next) {
                leave(offset);
                auto& queue = memory_.at<Queue>(offset);
                order_of(queue).dry = 0;
                if (queue.last != 0) {
                    memory_.at<Chunk>(queue.last).next = std::exchange(cleared, queue.first);
                }
                while (queue.late != 0) {
                    const auto late = queue.late;
                    queue.late = remove_first_run(memory_, late);
                    memory_.at<Chunk>(late).next = std::exchange(cleared, late);
                }
                queue.first = queue.last = 0;
                queue.size = 0;
                queue.has_spilled = false;
            }
        }
    }
    state_.size = 0;
    state_.spilled = 0;
    return cleared;
}

void Plane::change(Tenant& tenant, std::uint8_t priority_class, const Standing& standing) {
    tenant.standings[priority_class] = standing;
    for (auto offset = tenant.queues; offset != 0; offset = memory_.at<Queue>(offset).next) {
        auto& queue = memory_.at<Queue>(offset);
        if (queue.priority_class == priority_class && queue.place != 0) {
            OrderView{order_of(queue), memory_}.change(queue, standing);
        }
    }
}

void Plane::park(Offset offset) {
    leave(offset);
    auto& queue = memory_.at<Queue>(offset);
    queue.is_parked = true;
    queue.next_parked = std::exchange(state_.parked, offset);
}

void Plane::unpark_all() {
    while (state_.parked != 0) {
        const auto offset = state_.parked;
        auto& queue = memory_.at<Queue>(offset);
        state_.parked = queue.next_parked;
        queue.is_parked = false;
        enter(offset);
    }
}

bool Plane::is_late_first(const Queue& queue) const {
    return queue.late != 0 && (queue.first == 0 || memory_.at<Chunk>(queue.late).first() <
                                                       memory_.at<Chunk>(queue.first).first());
}

const Chunk& Plane::first_of(const Queue& queue) const {
    return memory_.at<Chunk>(is_late_first(queue) ? queue.late : queue.first);
}

Offset Plane::remove_first(Queue& queue) {
    const bool is_late = is_late_first(queue);
    const auto offset = is_late ? queue.late : queue.first;
    auto& chunk = memory_.at<Chunk>(offset);
    const bool is_empty = ++chunk.begin == chunk.end;
    if (is_late) {
        const auto rest = remove_first_run(memory_, offset);
        queue.late = is_empty ? rest : merge_runs(memory_, rest, offset);
    } else if (is_empty) {
        queue.first = chunk.next;
        queue.last = queue.first == 0 ? 0 : queue.last;
    }
    return is_empty ? offset : 0;
}

bool Plane::is_passed(Offset offset, const Item& item) const {
    const auto& queue = memory_.at<Queue>(offset);
    return !queue.has_spilled && (queue.size == 0 || item < first_of(queue).first());
}

}  // namespace ideamine::dispatch
