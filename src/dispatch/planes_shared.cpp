#include "dispatch/planes_shared.hpp"

#include <memory>

#include "dispatch/dispatch_settings.hpp"
#include "dispatch/giving_way.hpp"
#include "ideamine/pg/arena.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace ideamine::dispatch::shared {

namespace {

constexpr std::size_t max_slots = 64;

struct Table {
    Slot slots[max_slots];
};

// The first lock is that of the table: whose slots these are, and how many use them.
class TableArea : public pg::SharedArea {
  public:
    constexpr TableArea() : SharedArea("ideamine dispatch", sizeof(Table), 1 + max_slots) {}

    Table& get() const { return *static_cast<Table*>(memory()); }
    LWLock* lock_of(const Slot& slot) const {
        return lock(1 + static_cast<int>(&slot - get().slots));
    }
};

constinit TableArea table;
constinit pg::Arena arena{"ideamine jobs that may run"};

class ArenaMemory final : public Memory {
  public:
    constexpr ArenaMemory() = default;

    Offset allocate(std::size_t size) override { return arena.allocate(size); }
    void free(Offset piece) override { arena.free(piece); }

  private:
    void* address(Offset piece) const override { return arena.address(piece); }
};

constinit ArenaMemory arena_memory;

// Slots of an installation that is no more, or that nobody uses, make room for others.
Slot* find_free() {
    Slot* idle = nullptr;
    for (auto& slot : table.get().slots) {
        if (slot.installation.database == InvalidOid) {
            return &slot;
        }
        if (idle == nullptr && slot.users == 0) {
            idle = &slot;
        }
    }
    return idle;
}

void free_queues(Offset first) {
    while (first != 0) {
        const auto& queue = arena_memory.at<Queue>(first);
        free_chunks(arena_memory, queue.first);
        arena_memory.free(std::exchange(first, queue.next));
    }
}

void free_groups(Offset first) {
    while (first != 0) {
        arena_memory.free(std::exchange(first, arena_memory.at<Group>(first).next));
    }
}

void free_leases(Offset table) {
    for (auto lease : arena_memory.at<LeaseTable>(table).by_job) {
        while (lease != 0) {
            const auto next = arena_memory.at<Lease>(lease).next_of_job;
            arena_memory.free(std::exchange(lease, next));
        }
    }
    arena_memory.free(table);
}

// Of a plane that nobody else can see any more.
void free_nodes(const State& state) {
    if (state.leases != 0) {
        free_leases(state.leases);
    }
    for (auto tenant : state.tenants) {
        while (tenant != 0) {
            const auto& node = arena_memory.at<Tenant>(tenant);
            free_queues(node.queues);
            free_groups(node.groups);
            arena_memory.free(std::exchange(tenant, node.next));
        }
    }
    for (auto lane = state.lanes; lane != 0;) {
        const auto& node = arena_memory.at<Lane>(lane);
        for (const auto& order : node.orders) {
            if (order.places != 0) {
                arena_memory.free(order.places);
            }
        }
        arena_memory.free(std::exchange(lane, node.next));
    }
}

}  // namespace

const char* to_string(Phase phase) {
    constexpr std::array names{"unloaded", "loading", "loaded"};
    return names[static_cast<std::size_t>(phase)];
}

void reserve() {
    table.SharedArea::reserve();
    arena.reserve(dispatch_memory());
}

bool is_available() {
    return arena.available();
}

Memory& memory() {
    return arena_memory;
}

Use::Use(const pg::Installation& installation) : slot_(nullptr) {
    table.check_available();
    const auto old = std::make_unique<State>();
    {
        const pg::LockGuard guard{table.lock()};
        auto& slots = table.get().slots;
        const auto found = std::ranges::find(slots, installation, &Slot::installation);
        slot_ = found == std::end(slots) ? find_free() : found;
        if (slot_ != nullptr && !(slot_->installation == installation)) {
            *old = std::exchange(slot_->state, State{});
            *slot_ = Slot{.installation = installation,
                          .users = 0,
                          .phase = Phase::unloaded,
                          .has_missed = false,
                          .has_all_leases = false,
                          .has_lost_leases = false,
                          .unlisted = 0,
                          .loading_since = {},
                          .load_again_at = {},
                          .turns_when_loaded = 0,
                          .rows_when_loaded = 0,
                          .state = {}};
        }
        if (slot_ != nullptr) {
            ++slot_->users;
        }
    }
    free_nodes(*old);
    if (slot_ == nullptr) {
        throw Error(Code::unavailable, "too many databases hand out jobs at this moment",
                    "At most " + std::to_string(max_slots) + " can do so at a time.", "Try again.");
    }
}

Use::~Use() {
    if (slot_ != nullptr) {
        const pg::LockGuard guard{table.lock()};
        --slot_->users;
    }
}

PlaneLock::PlaneLock(Slot& slot) : slot_(slot), guard_(table.lock_of(slot)) {}

Contents contents(Slot& slot) {
    const PlaneLock lock{slot};
    return {.phase = slot.phase,
            .jobs = slot.state.size,
            .spilled_queues = slot.state.spilled,
            .leases = slot.state.leased,
            .has_all_leases = has_all_leases(slot)};
}

std::size_t memory_in_use() {
    return arena.in_use();
}

FoundQueue find_or_make_queue(Slot& slot, const Key& key) {
    for (;;) {
        Rooms rooms{};
        {
            const PlaneLock lock{slot};
            if (const auto found = lock.plane().find_queue(key); found != 0) {
                return {.queue = found, .is_new = false};
            }
            rooms = lock.plane().room_for(key);
        }
        Parts parts{memory(), key, rooms};
        if (!parts.complete()) {
            return {.queue = 0, .is_new = false};
        }
        const PlaneLock lock{slot};
        if (const auto made = lock.plane().make_queue(key, parts); made != 0) {
            return {.queue = made, .is_new = true};
        }
    }
}

namespace {

// What was made, and is not needed because somebody else was faster.
void free_rest(Offset node) {
    if (node != 0) {
        memory().free(node);
    }
}

}  // namespace

Offset find_or_make_tenant(Slot& slot, std::string_view id) {
    const auto hash = hash_of(id);
    {
        const PlaneLock lock{slot};
        if (const auto found = lock.plane().find_tenant(id, hash); found != 0) {
            return found;
        }
    }
    auto node = make_tenant(memory(), id, hash);
    if (node == 0) {
        return 0;
    }
    Offset tenant = 0;
    {
        const PlaneLock lock{slot};
        tenant = lock.plane().make_tenant(id, hash, node);
    }
    free_rest(node);
    return tenant;
}

Offset find_or_make_group(Slot& slot, Offset tenant, std::uint8_t priority_class,
                          std::uint8_t held) {
    auto node = make_group(memory(), priority_class, held);
    if (node == 0) {
        return 0;
    }
    Offset group = 0;
    {
        const PlaneLock lock{slot};
        group = place_group(memory(), tenant, node);
    }
    free_rest(node);
    return group;
}

std::uint32_t hash_of(std::string_view tenant) {
    return hash_bytes(reinterpret_cast<const unsigned char*>(tenant.data()),
                      static_cast<int>(tenant.size()));
}

}  // namespace ideamine::dispatch::shared
