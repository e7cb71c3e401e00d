// Jobs for which their tenants' quotas have no room are not handed out, nor are those of a tenant
// that is throttled, P0 excepted. They stay where they are, first in line.
#pragma once

#include "jobs/gate_store.hpp"
#include "jobs/priority_class.hpp"
#include "quota/leases_store.hpp"

namespace ideamine::jobs {

// For one claim, in one class.
class QuotaGate {
  public:
    explicit QuotaGate(PriorityClass priority_class);

    // Whether any of these jobs, the first ones in line, could be admitted. `needy`: the very first
    // one needs something.
    bool could_admit(const std::string& tenant, bool needy,
                     const std::function<pg::Rows()>& first_in_line) const;

    // Those that fit, in their order. A job that does not fit lets none pass that needs the same,
    // so that large ones are not starved by small ones. `counted`: those with needs or a run.
    Tids admit(const std::string& tenant, const Tids& jobs, const Tids& counted);

    void begin_turn() {
        gives_up_ = false;
        refused_ = 0;
    }
    // So many of this turn were refused that looking further is not worth while.
    bool gives_up() const { return gives_up_; }

  private:
    quota::Throttling throttling_;
    bool counts_leases_ = quota::counts_leases();
    bool gives_up_ = false;
    std::size_t refused_ = 0;
};

// The columns of a job for read_demand().
#define IDEAMINE_DEMAND "run_id, $[1.2 needs$| NULL::jsonb$]"

}  // namespace ideamine::jobs
