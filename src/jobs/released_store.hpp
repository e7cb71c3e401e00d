// What jobs give back when they stop running.
#pragma once

#include "dispatch/leases_shared.hpp"
#include "jobs/busy_store.hpp"
#include "jobs/concurrency_store.hpp"
#include "jobs/job_refs.hpp"
#include "jobs/lease.hpp"
#include "jobs/served_class.hpp"
#include "quota/leases_store.hpp"

namespace ideamine::jobs {

// The columns that say what a running job holds, and since when, for a statement whose table of
// jobs has this alias.
#define IDEAMINE_HOLDINGS(alias)                                                            \
    "$[1.1 " alias ".concurrency_key$| NULL::text AS concurrency_key$], " alias             \
    ".run_id, $[1.2 " alias                                                                 \
    ".needs$| NULL::jsonb AS needs$], " IDEAMINE_SERVED_AS(alias) "::text AS class, " alias \
                                                                  ".started_at AS since"

// The same, by the names that they have got.
#define IDEAMINE_HELD "concurrency_key, run_id, needs, class, since"
inline constexpr int held_columns = 5;

// What a running job holds, and since when.
struct Holding {
    std::optional<std::string> key;
    quota::LeaseDemand demand;
    PriorityClass priority_class;
    std::optional<Time> since;
};

class Released {
  public:
    // Of a job that was running by this lease.
    void add(const std::string& tenant, const Uuid& job, Epoch epoch, const Holding& holding) {
        ended_.emplace_back(job, epoch);
        if (holding.key) {
            keys_.add(tenant, *holding.key);
        }
        leases_.add(tenant, holding.demand);
        if (holding.demand.needs[quota::Resource::cost] > 0) {
            paying_.add(tenant, job);
        }
        busy_.add(tenant, holding.priority_class, holding.since);
    }
    void add(const Released& others) {
        ended_.insert(ended_.end(), others.ended_.begin(), others.ended_.end());
        keys_.add(others.keys_);
        leases_.add(others.leases_);
        paying_.add(others.paying_);
        busy_.add(others.busy_);
    }

    static quota::LeaseDemand demand_of(const std::optional<Uuid>& run,
                                        const std::optional<pg::Json>& needs) {
        return {.needs = needs ? quota::read_needs(pg::JsonValue::of(*needs)) : quota::Needs{},
                .run = run};
    }
    // Of a row with a run in column `first`, and needs after it.
    static quota::LeaseDemand read_demand(const pg::Row& row, int first) {
        return demand_of(row.optional<Uuid>(first), row.optional<pg::Json>(first + 1));
    }
    // Of a row whose holdings begin in column `first`.
    static Holding read_holding(const pg::Row& row, int first) {
        return {.key = row.optional<std::string>(first),
                .demand = read_demand(row, first + 1),
                .priority_class = parse_priority_class(row.get<std::string>(first + 3)),
                .since = row.optional<Time>(first + 4)};
    }

    // Nobody runs them any more, if the caller's transaction commits.
    void end_leases() const {
        for (const auto& [job, epoch] : ended_) {
            dispatch::shared::end_lease(job, epoch);
        }
    }
    const ConcurrencyKeys& keys() const { return keys_; }
    const quota::EndedLeases& leases() const { return leases_; }
    // Those that may hold money.
    const JobRefs& paying() const { return paying_; }
    const BusyTimes& busy() const { return busy_; }

  private:
    std::vector<std::pair<Uuid, Epoch>> ended_;
    ConcurrencyKeys keys_;
    quota::EndedLeases leases_;
    JobRefs paying_;
    BusyTimes busy_;
};

}  // namespace ideamine::jobs
