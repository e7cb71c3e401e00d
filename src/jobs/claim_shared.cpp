#include "jobs/claim_shared.hpp"

namespace ideamine::jobs::shared {

namespace {

// One per installation in use. With more of them than this, the oldest is forgotten: its
// incarnation is then raised once more.
constexpr std::size_t max_installations = 64;

struct Slot {
    Installation installation;
    Incarnation incarnation;
};

struct Table {
    std::uint32_t next;  // the slot that was taken longest ago
    Slot slots[max_installations];
};

constinit pg::Shared<Table> table{"ideamine claims"};

// With the lock held.
Slot* find(const Installation& installation) {
    auto& slots = table.get().slots;
    const auto slot = std::ranges::find(slots, installation, &Slot::installation);
    return slot == std::end(slots) ? nullptr : &*slot;
}

Slot& find_or_take(const Installation& installation) {
    if (Slot* slot = find(installation)) {
        return *slot;
    }
    auto& taken = table.get().slots[table.get().next];
    table.get().next = (table.get().next + 1) % max_installations;
    taken = Slot{.installation = installation, .incarnation = 0};
    return taken;
}

}  // namespace

void reserve() {
    table.reserve();
}

Installation current_installation() {
    table.check_available();
    return pg::current_installation();
}

Incarnation incarnation(const Installation& installation) {
    const pg::LockGuard guard{table.lock(), LW_SHARED};
    const Slot* slot = find(installation);
    return slot == nullptr ? 0 : slot->incarnation;
}

void set_incarnation(const Installation& installation, Incarnation incarnation) {
    const pg::LockGuard guard{table.lock()};
    auto& slot = find_or_take(installation);
    slot.incarnation = std::max(slot.incarnation, incarnation);
}

}  // namespace ideamine::jobs::shared
