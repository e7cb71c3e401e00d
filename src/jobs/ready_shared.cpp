#include "jobs/ready_shared.hpp"

#include "ideamine/pg/transaction_end.hpp"
#include "ideamine/pg/wake.hpp"

namespace ideamine::jobs::shared {

namespace {

constexpr std::size_t max_sleepers = 4096;

struct Slot {
    bool taken;
    int process;
    Installation installation;
    std::uint64_t heard;  // of the announcement with this number
};

struct Table {
    pg_atomic_uint32 sleepers;  // zero is what initialising it would write
    std::uint32_t slots_used;   // none is taken from here on
    std::uint64_t announcements;
    Slot slots[max_sleepers];
};

constinit pg::Shared<Table> table{"ideamine sleepers"};

struct Announcement {
    Installation installation;
    std::int64_t jobs;
};
constinit Announcement pending{};
constinit bool watching = false;

// With the lock held. Wakes sleepers that have not heard of the latest announcement yet.
void wake_some(const Installation& installation, std::int64_t count) {
    auto& shared = table.get();
    for (std::size_t i = 0; i < shared.slots_used && count > 0; ++i) {
        auto& slot = shared.slots[i];
        if (slot.taken && slot.installation == installation && slot.heard < shared.announcements) {
            slot.heard = shared.announcements;
            pg::wake_process(slot.process);
            --count;
        }
    }
}

// Where an error would stop the server, and so without anything that could fail.
void settle(pg::TransactionEvent event) {
    if (!pg::has_ended(event) || pending.jobs == 0) {
        return;
    }
    const auto announced = std::exchange(pending, Announcement{});
    // what this transaction wrote is visible by now; a sleeper that is not counted yet will see it
    pg_memory_barrier();
    if (event != pg::TransactionEvent::committed ||
        pg_atomic_read_u32(&table.get().sleepers) == 0) {
        return;
    }
    const pg::LockGuard guard{table.lock()};
    ++table.get().announcements;
    wake_some(announced.installation, announced.jobs);
}

// Of a session that ends while it sleeps, too: FATAL does not unwind.
constinit std::size_t own_slot = 0;
constinit bool sleeping = false;
constinit Installation slept_in{};

void leave() {
    if (!sleeping) {
        return;
    }
    const pg::LockGuard guard{table.lock()};
    table.get().slots[own_slot].taken = false;
    pg_atomic_fetch_sub_u32(&table.get().sleepers, 1);
    sleeping = false;
}

// What this session was told of last it may not have taken.
void leave_at_exit(int, Datum) {
    leave();
    const pg::LockGuard guard{table.lock()};
    wake_some(slept_in, 1);
}

constinit bool leaving_at_exit = false;

}  // namespace

void reserve_sleepers() {
    table.reserve();
}

void announce_ready(std::int64_t jobs) {
    if (jobs <= 0 || !table.available()) {
        return;
    }
    if (!watching) {
        pg::at_transaction_events(pg::AtEnd::wake, settle);
        watching = true;
    }
    if (pending.jobs == 0) {
        pending.installation = current_installation();
    }
    pending.jobs += jobs;
}

Sleeper::Sleeper(const Installation& installation) : slot_(max_sleepers) {
    if (!leaving_at_exit) {
        pg::call([] { before_shmem_exit(leave_at_exit, Datum{0}); });
        leaving_at_exit = true;
    }
    {
        const pg::LockGuard guard{table.lock()};
        auto& shared = table.get();
        const auto free = std::ranges::find(shared.slots, false, &Slot::taken);
        if (free != std::end(shared.slots)) {
            slot_ = static_cast<std::size_t>(free - std::begin(shared.slots));
            *free = {.taken = true,
                     .process = pg::own_process_number(),
                     .installation = installation,
                     .heard = shared.announcements};
            shared.slots_used = std::max(shared.slots_used, static_cast<std::uint32_t>(slot_ + 1));
            pg_atomic_fetch_add_u32(&shared.sleepers, 1);
            own_slot = slot_;
            slept_in = installation;
            sleeping = true;
        }
    }
    if (slot_ == max_sleepers) {
        throw Error(Code::limit_reached, "too many sessions wait for jobs",
                    "At most " + std::to_string(max_sleepers) + " may wait at a time.",
                    "Call acquire_jobs() now and then instead.");
    }
}

Sleeper::~Sleeper() {
    leave();
}

void Sleeper::pass_on() const {
    const pg::LockGuard guard{table.lock()};
    wake_some(table.get().slots[slot_].installation, 1);
}

}  // namespace ideamine::jobs::shared
