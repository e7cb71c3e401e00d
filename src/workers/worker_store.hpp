// The registry of workers. Everything here inside a pg::Spi.
#pragma once

#include "ideamine/pg/function.hpp"
#include "workers/lifecycle.hpp"

namespace ideamine::workers {

struct Registration {
    std::string worker_type;
    std::vector<std::string> capabilities;            // sorted
    std::optional<std::int32_t> capacity;             // none: no bound of its own
    std::optional<std::vector<std::string>> tenants;  // sorted; none: all
};

struct Worker {
    Uuid id;
    Status status;
    Time last_heartbeat;
    Registration registration;
};

Uuid insert(const Registration& registration);

// What a caller is about to do with a worker, and so whom it has to wait for.
enum class Hold {
    to_acquire,  // it must not end meanwhile; others may acquire for it, and it may send heartbeats
    to_change,   // one caller at a time
    to_end,      // waits for whoever is acquiring for it, and keeps others from beginning to
};

// Throws ID404 as hold() does.
Worker look(const Uuid& id);
// Holds the worker until the transaction ends. Throws ID404 if there is no such worker, or if it
// serves others than the caller's tenants.
Worker hold(const Uuid& id, Hold how);
// Throws ID410 if the worker failed or was terminated.
void check_alive(const Worker& worker);

// A sign of life of a worker that is held. It is noted in shared memory, and the row follows at a
// low rate.
void keep_alive(const Worker& worker);
// The same of one that was looked at. False: it has to be held.
bool try_keep_alive(const Worker& worker);
// Whether it has to be told of leases that ended without it.
bool has_stop_notices(const Uuid& id);
// Written at once.
void touch(const Uuid& id, std::optional<pg::Json> metrics);
void set_status(const Uuid& id, Status status);

std::int32_t count_held_jobs(const Uuid& id);

// Adds a row for each lease that ended without this worker, and forgets them.
void take_stop_notices(const Uuid& id, pg::Returned& returned);

// Forgets workers that ended before `before`, at most 10,000. Returns how many.
std::int64_t purge(Time before);

}  // namespace ideamine::workers
