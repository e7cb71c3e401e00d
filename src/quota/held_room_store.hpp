// Room that is held for a job until it is claimed, because others gave way for it: counters have it
// as if the job were running already, so that nobody else can take it.
//
// A row of held_room is the record of it. Whoever removes the row has the room: a claim keeps it
// for the job, and anybody else gives it back.
#pragma once

#include "quota/leases_store.hpp"

namespace ideamine::quota {

struct HeldRoom {
    std::string tenant;
    Uuid job;
    LeaseDemand demand;
    std::string policy;
    Duration lasts;
};

// For a job whose row is locked, and that is pending; false if it does not fit. What was freed for
// it and is still in use counts for nobody else. Inside a pg::Spi.
bool hold_room(const HeldRoom& room, Throttling throttling, const Freed& freed);

// Whether what is held for a job is there: those that are to give way for it may still have it.
// What was taken later counts for nothing, so that it is not kept waiting by those that give way
// for others. That is safe: whoever claims what was taken later counts this one, and so fits beside
// it. Inside a pg::Spi.
bool has_come_free(const std::string& tenant, const Uuid& job, const Needs& needs);

// The caller's transaction claims the job, whose row is locked: its room is its own from now on.
// False if there is none. Inside a pg::Spi.
bool claim_held_room(const std::string& tenant, const Uuid& job);

// These jobs are not going to be claimed: returns what was held for them, which is the caller's to
// give back. Inside a pg::Spi.
EndedLeases remove_held_room(const std::vector<std::string>& tenants,
                             const std::vector<Uuid>& jobs);

// One pass of the duty that gives back what was held for too long, or for jobs that cannot be
// claimed any more. Returns for how many jobs.
std::int64_t give_back_unclaimed_room(Time at);

}  // namespace ideamine::quota
