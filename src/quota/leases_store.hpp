// What running jobs hold of the quotas of their tenants and of the platform's capacity: taken when
// they are leased, given back when their lease ends, however it ends. The jobs themselves are the
// record of it, and beside them the room that is held for jobs (see held_room_store.hpp).
//
// Each job also counts as a run: jobs of one run count one together, as long as any of them is
// running, and a job without a run counts one by itself.
#pragma once

#include <map>

#include "admission/leases_shared.hpp"
#include "ideamine/pg/json.hpp"
#include "ideamine/uuid.hpp"
#include "quota/needs.hpp"

namespace ideamine::quota {

using admission::Amount;
using admission::shared::Throttling;

// The scope of a run: how many of its jobs are running.
inline constexpr char run_kind = 'r';
const admission::Ledger& run_ledger();

// Whether the installed version of the catalogue knows of quotas.
bool counts_leases();

// Reads what a caller asked for, or what was kept: of what jobs can hold, and the cost that an
// attempt may come to, which budgets count. Throws ID400.
Needs read_needs(const pg::JsonValue& value);

struct LeaseDemand {
    Needs needs;
    std::optional<Uuid> run;
};

// Can jobs of a tenant be leased now, as far as runs go? When it is full, those of runs that are
// running already can.
enum class Standing { open, full, throttled };
Standing standing(const std::string& tenant, Throttling throttling);
// The same, if that is known without looking at a table: cannot fail after prepare_standings().
void prepare_standings();
std::optional<Standing> known_standing(Time now, std::string_view tenant, Throttling throttling);

// What is going to be taken by others before: of the tenant's quotas, and of the platform.
struct Promised {
    Needs of_tenant;
    Needs of_platform;
};

// Would this one fit at this moment, beside these?
bool could_lease(const std::string& tenant, const LeaseDemand& demand, Throttling throttling,
                 const Promised& promised = {});

// What keeps it from being leased at this moment, for people; `until` when that passes by itself.
struct Obstacle {
    std::string explanation;
    std::optional<Time> until;
};
std::vector<Obstacle> obstacles(const std::string& tenant, const LeaseDemand& demand,
                                Throttling throttling);

// What running jobs hold that are going to end, because others need it.
struct Freed {
    std::map<std::string, Needs> of_tenants;
    Needs of_platform;

    void add(const std::string& tenant, const Needs& needs) {
        of_tenants[tenant] += needs;
        of_platform += needs;
    }
    Amount of(const admission::shared::Ask& ask) const;
};

// Takes all that the job needs, or nothing. What was freed for it, and is still in use, does not
// stand in its way; runs apart.
bool lease(const std::string& tenant, const LeaseDemand& demand, Throttling throttling,
           const Freed& freed = {});

// Up to so many jobs that need nothing and have no run. Returns how many.
std::int64_t lease_plain(const std::string& tenant, std::int64_t count, Throttling throttling);

class EndedLeases {
  public:
    void add(const std::string& tenant, const LeaseDemand& demand);
    void add(const EndedLeases& others);

    // Gives it all back when the caller's transaction commits. Returns how many of the jobs made
    // room that others may have been waiting for.
    std::int64_t end() const;

  private:
    struct OfTenant {
        Needs needs;
        std::int64_t plain = 0;
        std::int64_t needy = 0;  // of all of them
        std::map<Uuid, std::int64_t> runs;
    };

    void end_on_platform() const;

    std::map<std::string, OfTenant> tenants_;
};

}  // namespace ideamine::quota
