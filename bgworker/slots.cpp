#include "bgworker/slots.hpp"

#include "ideamine/pg/wake.hpp"

#include <csignal>

namespace ideamine::bgworker::slots {

namespace {

struct Shared {
    bool launcher_known;
    int launcher;  // its process number
    Table slots;
};

constinit pg::Shared<Shared> shared{"ideamine workers"};

// Runs with the lock held, where nothing may raise a server error.
template <typename Function>
auto locked(Function&& function) {
    auto& memory = shared.get();
    const pg::LockGuard guard{shared.lock()};
    return function(memory);
}

Slot* slot_of(Shared& memory, const std::string& database) {
    const auto found = std::ranges::find_if(
        memory.slots, [&](const Slot& slot) { return slot.database == database; });
    return found == memory.slots.end() || !found->used() ? nullptr : &*found;
}

int index_of(const Shared& memory, const Slot* slot) {
    return static_cast<int>(slot - memory.slots.data());
}

Slot* slot_made_for(Shared& memory, const std::string& database) {
    if (auto* slot = slot_of(memory, database)) {
        return slot;
    }
    const auto free = std::ranges::find_if_not(memory.slots, &Slot::used);
    if (free == memory.slots.end()) {
        return nullptr;
    }
    *free = {};
    database.copy(free->database, NAMEDATALEN - 1);
    return &*free;
}

// The process id is that of a live worker: it cannot take it out while we have the lock.
void ask_to_end(const Slot& slot) {
    if (slot.worker != 0) {
        kill(slot.worker, SIGTERM);
    }
}

void wake_launcher(const Shared& memory) {
    if (memory.launcher_known) {
        pg::wake_process(memory.launcher);
    }
}

// Frees the slot of a database that is no longer named, once nobody needs it.
void retire(Slot& slot) {
    ask_to_end(slot);
    slot.detached = false;
    if (slot.worker == 0 && slot.holds == 0) {
        slot = {};
    }
}

}  // namespace

void reserve() {
    shared.reserve();
}

void check_available() {
    shared.check_available();
}

std::optional<Slot> find(const std::string& database) {
    return locked([&](Shared& memory) {
        const auto* slot = slot_of(memory, database);
        return slot != nullptr ? std::optional{*slot} : std::nullopt;
    });
}

bool detach(const std::string& database) {
    return locked([&](Shared& memory) {
        auto* slot = slot_of(memory, database);
        if (slot == nullptr) {
            return false;
        }
        slot->detached = true;
        ask_to_end(*slot);
        return true;
    });
}

bool attach(const std::string& database) {
    return locked([&](Shared& memory) {
        auto* slot = slot_of(memory, database);
        if (slot == nullptr) {
            return false;
        }
        slot->detached = false;
        slot->not_before = {};
        wake_launcher(memory);
        return true;
    });
}

std::optional<int> hold(const std::string& database) {
    return locked([&](Shared& memory) -> std::optional<int> {
        auto* slot = slot_of(memory, database);
        if (slot == nullptr) {
            return std::nullopt;
        }
        ++slot->holds;
        ask_to_end(*slot);
        return index_of(memory, slot);
    });
}

void let_go(int slot, std::int32_t holds) {
    locked([=](Shared& memory) {
        memory.slots[slot].holds -= holds;
        wake_launcher(memory);
    });
}

void note_restore(const std::string& database) {
    locked([&](Shared& memory) {
        if (auto* slot = slot_of(memory, database)) {
            slot->restore_seen = SteadyClock::now();
        }
    });
}

void launcher_started() {
    locked([](Shared& memory) {
        memory.launcher = pg::own_process_number();
        memory.launcher_known = true;
    });
}

Table read_all() {
    return locked([](const Shared& memory) { return memory.slots; });
}

std::size_t set_databases(const std::vector<std::string>& databases) {
    return locked([&](Shared& memory) {
        for (auto& slot : memory.slots) {
            if (slot.used() && std::ranges::find(databases, slot.database) == databases.end()) {
                retire(slot);
            }
        }
        return static_cast<std::size_t>(std::ranges::count_if(databases, [&](const auto& database) {
            return slot_made_for(memory, database) == nullptr;
        }));
    });
}

void set_not_before(int slot, SteadyTime time) {
    locked([=](Shared& memory) { memory.slots[slot].not_before = time; });
}

std::optional<int> enter(const std::string& database) {
    return locked([&](Shared& memory) -> std::optional<int> {
        auto* slot = slot_of(memory, database);
        if (slot == nullptr || slot->held_off() || slot->worker != 0) {
            return std::nullopt;
        }
        slot->worker = MyProcPid;
        slot->ready = false;
        return index_of(memory, slot);
    });
}

void set_ready(int slot) {
    locked([=](Shared& memory) { memory.slots[slot].ready = true; });
}

void leave(int slot) {
    locked([=](Shared& memory) {
        memory.slots[slot].worker = 0;
        memory.slots[slot].ready = false;
        wake_launcher(memory);
    });
}

SteadyTime restore_seen(int slot) {
    return locked([=](const Shared& memory) { return memory.slots[slot].restore_seen; });
}

}  // namespace ideamine::bgworker::slots
