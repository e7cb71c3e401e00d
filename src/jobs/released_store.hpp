// What jobs give back when they stop running.
#pragma once

#include "jobs/busy_store.hpp"
#include "jobs/concurrency_store.hpp"
#include "quota/leases_store.hpp"

namespace ideamine::jobs {

// The columns that say what a running job holds, and since when, for a statement whose table of
// jobs has this alias.
#define IDEAMINE_HOLDINGS(alias)                                                \
    "$[1.1 " alias ".concurrency_key$| NULL::text AS concurrency_key$], " alias \
    ".run_id, $[1.2 " alias ".needs$| NULL::jsonb AS needs$], " alias           \
    ".priority_class::text AS class, " alias ".started_at AS since"

// The same, by the names that they have got.
#define IDEAMINE_HELD "concurrency_key, run_id, needs, class, since"
inline constexpr int held_columns = 5;

class Released {
  public:
    // Of a job that was running; its holdings begin in column `first`.
    void add(const std::string& tenant, const pg::Row& row, int first) {
        if (const auto key = row.optional<std::string>(first)) {
            keys_.add(tenant, *key);
        }
        leases_.add(tenant, read_demand(row, first + 1));
        busy_.add(tenant, row, first + 3);
    }
    void add(const Released& others) {
        keys_.add(others.keys_);
        leases_.add(others.leases_);
        busy_.add(others.busy_);
    }

    // Of a row with a run in column `first`, and needs after it.
    static quota::LeaseDemand read_demand(const pg::Row& row, int first) {
        const auto needs = row.optional<pg::Json>(first + 1);
        return {.needs = needs ? quota::read_needs(pg::JsonValue::of(*needs)) : quota::Needs{},
                .run = row.optional<Uuid>(first)};
    }

    const ConcurrencyKeys& keys() const { return keys_; }
    const quota::EndedLeases& leases() const { return leases_; }
    const BusyTimes& busy() const { return busy_; }

  private:
    ConcurrencyKeys keys_;
    quota::EndedLeases leases_;
    BusyTimes busy_;
};

}  // namespace ideamine::jobs
