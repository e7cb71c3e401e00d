// The table in shared memory over which launcher, workers and other sessions talk: a slot for each
// database that is to have a worker.
//
// A worker enters its process id before it connects to the database and takes it out after it has
// left; it does not enter where it is held off. So whoever holds it off and finds no process id
// knows that no worker is connected, and none will be, whatever the launcher does meanwhile.
#pragma once

#include "ideamine/pg/shared_state.hpp"

namespace ideamine::bgworker {

// Monotonic, the same for all processes, and never set back; zero stands for never.
using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;

struct Slot {
    char database[NAMEDATALEN];  // empty: the slot is free
    pid_t worker;                // 0: none
    bool ready;                  // the worker is connected and at work
    bool detached;               // by detach_worker(), until attach_worker()
    std::int32_t holds;          // by statements under way that need the database for themselves
    SteadyTime not_before;       // earliest next start
    SteadyTime restore_seen;     // the last sign of a restore

    bool used() const { return database[0] != '\0'; }
    bool held_off() const { return detached || holds > 0; }
};

namespace slots {

inline constexpr int count = 64;
using Table = std::array<Slot, count>;

// In _PG_init, while the postmaster loads its libraries.
void reserve();
// Throws ID503 if the library is not preloaded.
void check_available();

// ---- for any session
// -----------------------------------------------------------------------------

Table read_all();
// The slot of a database, if it has one.
std::optional<Slot> find(const std::string& database);
// Keeps the worker away, and asks it to end. False if there is no slot.
bool detach(const std::string& database);
// Lets it come back at once. False if there is no slot.
bool attach(const std::string& database);
// The same for a while; holds add up. Returns the slot, which stays this database's until then.
std::optional<int> hold(const std::string& database);
void let_go(int slot, std::int32_t holds);
// A restore of this database seems to be under way.
void note_restore(const std::string& database);

// ---- for the launcher
// ----------------------------------------------------------------------------

// Its process is the one to wake when there is something to do.
void launcher_started();
// Gives each of these a slot, and asks the workers of all others to end: their slots are freed by
// the next call that finds them gone. Returns how many found no place.
std::size_t set_databases(const std::vector<std::string>& databases);
void set_not_before(int slot, SteadyTime time);

// ---- for a worker
// --------------------------------------------------------------------------------

// None if the database has no slot, is held off, or has its worker already.
std::optional<int> enter(const std::string& database);
void set_ready(int slot);
void leave(int slot);
SteadyTime restore_seen(int slot);

}  // namespace slots
}  // namespace ideamine::bgworker
