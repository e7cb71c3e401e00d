// Money that jobs hold in budgets while they run, without knowing who keeps those.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admission/counter.hpp"
#include "ideamine/clock.hpp"
#include "ideamine/uuid.hpp"
#include "jobs/job_refs.hpp"

namespace ideamine::jobs {

// What an attempt may come to, as its job says.
struct MoneyNeed {
    std::string tenant;
    Uuid job;
    std::optional<Uuid> run;
    std::optional<std::string> project;
    admission::Amount amount;  // nano-dollars, above 0
};

// Since when it is held: the tenant's day and month in which it counts.
struct MoneyHeld {
    MoneyNeed need;
    Time day;
    Time month;
};

// All of it inside a pg::Spi.
class MoneyKeeper {
  public:
    // Takes it for the caller's transaction, in every budget that covers it; none: in no budget.
    virtual std::optional<MoneyHeld> hold(const MoneyNeed& need) const = 0;
    // What was held a moment ago is not wanted after all.
    virtual void give_up(const MoneyNeed& need) const = 0;
    // What was held stays so until the attempts end.
    virtual void record(const std::vector<MoneyHeld>& held) const = 0;
    // Attempts of these jobs have ended.
    virtual void release(const JobRefs& jobs) const = 0;
    // What keeps it from being held now, for people.
    virtual std::optional<std::string> obstacle(const MoneyNeed& need) const = 0;

  protected:
    constexpr MoneyKeeper() = default;
    ~MoneyKeeper() = default;
};

// In _PG_init. Without one no job holds any money.
void let_keep_money(const MoneyKeeper& keeper);
// Null: there is none.
const MoneyKeeper* money_keeper();

}  // namespace ideamine::jobs
