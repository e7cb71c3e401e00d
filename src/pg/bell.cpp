#include "ideamine/pg/bell.hpp"

#include "ideamine/pg/background_worker.hpp"
#include "ideamine/pg/shared_state.hpp"
#include "ideamine/pg/transaction_end.hpp"
#include "ideamine/pg/wake.hpp"

namespace ideamine::pg::bell {

namespace {

// Of a database whose worker has answered once. Zeroed memory is a free slot.
struct Slot {
    Oid database;
    int listener;  // its process number plus one; 0: nobody is there
    pg_atomic_uint32 rung;
};

// As many as there may be workers.
struct Table {
    std::array<Slot, 64> slots;
};

constinit Shared<Table> table{"ideamine bells"};

// The worker's own, once it answers.
constinit Slot* own = nullptr;

// With the lock held.
Slot* find(Oid database) {
    auto& slots = table.get().slots;
    const auto found = std::ranges::find(slots, database, &Slot::database);
    return found == slots.end() ? nullptr : &*found;
}

// The place of this database, or of one whose worker is gone.
Slot* find_or_take() {
    if (auto* slot = find(MyDatabaseId)) {
        return slot;
    }
    auto& slots = table.get().slots;
    const auto free = std::ranges::find(slots, 0, &Slot::listener);
    if (free == slots.end()) {
        return nullptr;
    }
    free->database = MyDatabaseId;
    pg_atomic_write_u32(&free->rung, 0);
    return &*free;
}

void leave(int, Datum) {
    const LockGuard guard{table.lock()};
    own->listener = 0;
}

}  // namespace

void reserve() {
    table.reserve();
}

void ring(Bell bell) noexcept {
    if (!table.available()) {
        return;
    }
    Bells one;
    one.add(bell);
    const LockGuard guard{table.lock(), LW_SHARED};
    auto* slot = find(MyDatabaseId);
    if (slot != nullptr && !Bells{pg_atomic_fetch_or_u32(&slot->rung, one.bits())}.has(bell) &&
        slot->listener != 0) {
        wake_process(slot->listener - 1);
    }
}

namespace {

// For when the transaction commits.
constinit Bells to_ring;

void end_transaction(TransactionEvent event) {
    if (!has_ended(event)) {
        return;
    }
    const auto bells = std::exchange(to_ring, {});
    for (const auto bell : all_bells) {
        if (event == TransactionEvent::committed && bells.has(bell)) {
            ring(bell);
        }
    }
}

}  // namespace

void ring_at_commit(Bell bell) {
    static constinit bool watching = false;
    if (!std::exchange(watching, true)) {
        at_transaction_events(AtEnd::wake, end_transaction);
    }
    to_ring.add(bell);
}

void answer() {
    {
        const LockGuard guard{table.lock()};
        own = find_or_take();
        if (own != nullptr) {
            own->listener = own_process_number() + 1;
        }
    }
    if (own != nullptr) {
        at_process_end(leave, 0);
    }
}

Bells heard(Bells listened) {
    if (own == nullptr) {
        return {};
    }
    const auto rung = pg_atomic_fetch_and_u32(&own->rung, ~listened.bits());
    return Bells{rung & listened.bits()};
}

}  // namespace ideamine::pg::bell
