// The planes in shared memory: one for each installation in use.
#pragma once

#include "dispatch/plane.hpp"
#include "ideamine/pg/installation.hpp"
#include "ideamine/pg/shared_state.hpp"

namespace ideamine::dispatch::shared {

enum class Phase {
    unloaded,  // nothing that stands in the table needs to be here
    loading,   // what is published from now on is here; somebody reads the rest
    loaded,    // all that may run is here, but for what has spilled
};

const char* to_string(Phase phase);

struct Slot {
    pg::Installation installation;
    std::uint32_t users;  // processes that use its nodes at this moment
    Phase phase;
    // Jobs of the table may be missing of which no queue knows: there was no room for a queue, or
    // they were published before it was loaded.
    bool has_missed;
    bool has_all_leases;
    bool has_lost_leases;    // since loading began: there was no room for some, or nobody said so
    std::uint32_t unlisted;  // transactions in progress with leases for which there was no room
    Time loading_since;
    Time load_again_at;  // not before
    std::uint64_t turns_when_loaded;
    std::uint64_t rows_when_loaded;  // that were read for it
    State state;
};

// In _PG_init, while the postmaster loads its libraries.
void reserve();
bool is_available();

// With the lock. Whether every job that anybody can see running has its lease here.
inline bool has_all_leases(const Slot& slot) {
    return slot.has_all_leases && slot.unlisted == 0;
}

// What is in memory at this moment.
struct Contents {
    Phase phase;
    std::uint64_t jobs;
    std::uint32_t spilled_queues;
    std::uint64_t leases;
    bool has_all_leases;
};
Contents contents(Slot& slot);

// With the lock. Leases are missing until they have been read from the table.
inline void lose_leases(Slot& slot) {
    slot.has_all_leases = false;
    slot.has_lost_leases = true;
}

// Pieces of the memory that ideamine.dispatch_memory sets aside.
Memory& memory();
// Bytes of it, of all planes.
std::size_t memory_in_use();

// Uses the plane of an installation for a time, and makes it if need be.
class Use {
  public:
    // Throws ID503 if the library is not preloaded, or too many installations are in use at once.
    explicit Use(const pg::Installation& installation);
    ~Use();
    Use(Use&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Use& operator=(Use&&) = delete;
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    Slot* get() const { return slot_; }

  private:
    Slot* slot_;
};

// Holds the lock of a plane. Nothing may fail meanwhile, and nothing is allocated or freed, so that
// it is short.
class PlaneLock {
  public:
    explicit PlaneLock(Slot& slot);

    Plane plane() const { return {slot_.state, memory()}; }

  private:
    Slot& slot_;
    pg::LockGuard guard_;
};

// The queue of this name; 0: there is no room for it.
struct FoundQueue {
    Offset queue;
    bool is_new;
};
FoundQueue find_or_make_queue(Slot& slot, const Key& key);
// The node of a tenant, and the group of its running jobs; 0: there is no room for it.
Offset find_or_make_tenant(Slot& slot, std::string_view id);
Offset find_or_make_group(Slot& slot, Offset tenant, std::uint8_t priority_class,
                          std::uint8_t held);
std::uint32_t hash_of(std::string_view tenant);

}  // namespace ideamine::dispatch::shared
