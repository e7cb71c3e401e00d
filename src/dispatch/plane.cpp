#include "dispatch/plane.hpp"

#include <algorithm>
#include <utility>

#include "dispatch/aging.hpp"
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

namespace {

// The classes in which a queue may come to stand: from this one to its own.
std::uint8_t highest_of(std::uint8_t priority_class) {
    return std::min(priority_class, highest_aged);
}

}  // namespace

// Twice as much each time.
Rooms Plane::room_for(const Key& key) const {
    constexpr std::uint32_t least = 4;
    const auto lane = find_lane(key.lane);
    Rooms rooms{};
    for (auto i = highest_of(key.priority_class); i <= key.priority_class; ++i) {
        const auto order = lane == 0 ? Order{} : memory_.at<Lane>(lane).orders[i];
        rooms[i] = order.queues < order.capacity ? 0 : std::max(least, 2 * order.queues);
    }
    return rooms;
}

Offset Plane::make_tenant(std::string_view id, std::uint32_t hash, Offset& node) {
    auto tenant = find_tenant(id, hash);
    if (tenant == 0) {
        tenant = std::exchange(node, 0);
        memory_.at<Tenant>(tenant).next = std::exchange(bucket_of(state_, hash), tenant);
    }
    return tenant;
}

// False: there has to be more by now.
bool Plane::make_room(Lane& lane, std::uint8_t priority_class, Parts& parts) {
    const auto orders = std::span{lane.orders}.subspan(
        highest_of(priority_class), 1 + priority_class - highest_of(priority_class));
    const auto room_in = [&](const Order& order) {
        return parts.rooms[static_cast<std::size_t>(&order - lane.orders.data())];
    };
    if (std::ranges::any_of(orders, [&](const Order& order) {
            return order.queues == order.capacity && room_in(order) <= order.capacity;
        })) {
        return false;
    }
    for (auto& order : orders) {
        auto& places = parts.places[static_cast<std::size_t>(&order - lane.orders.data())];
        if (order.queues == order.capacity) {
            if (order.size > 0) {
                std::copy_n(&memory_.at<Place>(order.places), order.size,
                            &memory_.at<Place>(places));
            }
            std::swap(order.places, places);
            order.capacity = room_in(order);
        }
        ++order.queues;
    }
    return true;
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
    if (!make_room(memory_.at<Lane>(lane), key.priority_class, parts)) {
        return 0;
    }
    const auto tenant = make_tenant(key.tenant, key.hash, parts.tenant);
    const auto made = std::exchange(parts.queue, 0);
    auto& queue = memory_.at<Queue>(made);
    queue.tenant = tenant;
    queue.lane = lane;
    queue.priority_class = queue.served_as = key.priority_class;
    queue.next = std::exchange(memory_.at<Tenant>(tenant).queues, made);
    return made;
}

void Plane::set_weight(Offset tenant, std::uint32_t weight) {
    memory_.at<Tenant>(tenant).weight = weight;
}

// Whether any of its queues of this class stands in an order.
bool Plane::is_served(const Tenant& tenant, std::uint8_t priority_class) const {
    for (auto offset = tenant.queues; offset != 0; offset = memory_.at<Queue>(offset).next) {
        const auto& queue = memory_.at<Queue>(offset);
        if (queue.served_as == priority_class && queue.place != 0) {
            return true;
        }
    }
    return false;
}

// A tenant that had nothing to do begins where the others are, or behind them by what it owes.
void Plane::enter(Offset offset) {
    auto& queue = memory_.at<Queue>(offset);
    if (queue.place != 0 || queue.size == 0 || queue.is_parked) {
        return;
    }
    auto& tenant = memory_.at<Tenant>(queue.tenant);
    const auto priority_class = queue.served_as = class_of_first(queue);
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
    own_order_of(queue).dry += is_dry(queue) ? 1 : 0;
    own_order_of(queue).dry -= was_dry ? 1 : 0;
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
    if (!settle_class(offset)) {
        enter(offset);
    }
}

void Plane::refund(Offset offset, std::uint8_t served_as, std::uint32_t items) {
    auto& tenant = memory_.at<Tenant>(memory_.at<Queue>(offset).tenant);
    auto standing = tenant.standings[served_as];
    standing.pass -= std::min(standing.pass, items * (cost / tenant.weight));
    change(tenant, served_as, standing);
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
                own_order_of(queue).dry = 0;
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
        if (queue.served_as == priority_class && queue.place != 0) {
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

// Of a queue that is not empty.
std::uint8_t Plane::class_of_first(const Queue& queue) const {
    return aged(queue.priority_class, state_.aged_at - first_of(queue).first().ready_at,
                state_.aging_interval);
}

// Whether it stood in the order of another class than its first item belongs to by now.
bool Plane::settle_class(Offset offset) {
    const auto& queue = memory_.at<Queue>(offset);
    if (queue.place == 0 || class_of_first(queue) == queue.served_as) {
        return false;
    }
    leave(offset);
    enter(offset);
    return true;
}

std::size_t Plane::age(Time now, Duration interval, std::size_t first, std::size_t last) {
    state_.aged_at = now;
    state_.aging_interval = interval;
    std::size_t changed = 0;
    for (const auto bucket : std::span{state_.tenants}.subspan(first, last - first)) {
        for (auto tenant = bucket; tenant != 0; tenant = memory_.at<Tenant>(tenant).next) {
            for (auto offset = memory_.at<Tenant>(tenant).queues; offset != 0;
                 offset = memory_.at<Queue>(offset).next) {
                changed += settle_class(offset) ? 1 : 0;
            }
        }
    }
    return changed;
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
