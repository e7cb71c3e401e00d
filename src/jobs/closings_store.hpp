// Classes of runs, projects and tenants of which no job is handed out: their money is spent, or
// they are paused. What a claim meets of them is set aside, and comes back when they are open
// again.
#pragma once

#include "ideamine/clock.hpp"
#include "ideamine/pg/spi.hpp"
#include "jobs/gate_store.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::jobs {

// A row of closings. Everything here inside a pg::Spi.
struct Closing {
    std::string tenant;
    std::string scope;  // run, project or tenant
    std::string id;
    std::string cause;  // what closes them; several may
    ClassSet classes;   // empty: none is closed by this any more
    std::string_view reason;
    Time opens_at = Time::max();
    std::optional<Uuid> decision = {};
};
// Holds from the commit of the caller's transaction on; running jobs are left to whoever ends them.
void close(const Closing& closing);

// What is known of a tenant, as committed a moment ago.
struct Closed {
    struct OfTenant {
        ClassSet classes;
        Time opens_at;
    };
    std::vector<OfTenant> of_tenant;
    bool has_parts = false;  // something of its runs or projects is

    bool has_any() const { return has_parts || !of_tenant.empty(); }
    bool is_closed(PriorityClass priority_class, Time now) const;
};
// Without looking at a table; null: it has to be read. Neither fails nor allocates once
// hear_of_closings() was called in this transaction.
const Closed* known_closed(std::string_view tenant) noexcept;
void hear_of_closings();
const Closed& read_closed(const std::string& tenant);

// Of these jobs of a tenant, which wait to be handed out and are locked, those that may not be:
// they are paused from now on.
Tids set_aside_closed(const std::string& tenant, const Tids& locked, Time now);

// The waiting jobs of a run of these classes; up to so many. Returns how many were paused.
std::int64_t set_aside_run(const std::string& tenant, const std::string& run, ClassSet classes,
                           std::int64_t most);

// One pass over the jobs that wait for their class: what is open now is handed out again, or waits
// for room if it was running. Returns how many.
std::int64_t reopen(Time now);

// Why a job that has not ended is not to be handed out or resumed, for people; `until` when that
// passes by itself.
struct WhyClosed {
    std::string explanation;
    std::optional<Time> until;
};
std::vector<WhyClosed> list_closed(const std::string& tenant, const Uuid& job, Time now);

}  // namespace ideamine::jobs
