// Violations on their way to their table: past the caller's transaction, which may roll back.
//
// The queue is bounded. Repeats of one violation are counted in one place; what finds no place is
// counted as dropped. A crash loses what was not written yet.
#pragma once

#include "admission/ledger.hpp"
#include "ideamine/pg/installation.hpp"
#include "quota/resource.hpp"
#include "quota/violation.hpp"

namespace ideamine::quota::shared {

// In _PG_init, while the postmaster loads its libraries.
void reserve_violations();

// Repeats of one violation within this time are counted on one row.
inline constexpr Duration repeat_time = std::chrono::minutes{1};

struct Queued {
    pg::Installation installation;
    Resource resource;
    Action action;
    admission::Amount asked;  // by the worst of them
    admission::Amount used;
    admission::Amount limit;
    admission::Amount overage;
    Time window_start;
    Time first_at;
    Time last_at;
    std::int64_t count;
    std::uint16_t tenant_length;
    char tenant[200];

    std::string_view tenant_view() const { return {tenant, tenant_length}; }
};

// Neither fails nor allocates: also at the end of a transaction.
void queue_violation(std::string_view tenant, Resource resource, Action action,
                     const admission::Reading& reading, admission::Amount asked, Time at) noexcept;

// What is queued for this installation. It stays there until the caller's transaction commits, and
// is taken once by each. One caller at a time.
std::vector<Queued> take_violations();

// When a violation of a tenant was queued last that is not written yet; min: none is.
Time last_queued(std::string_view tenant, Resource resource, Action action);

// How many found no place since the server started.
std::int64_t dropped_violations();

}  // namespace ideamine::quota::shared
