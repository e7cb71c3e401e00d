// Jobs for which their tenants' quotas have no room are not handed out, nor are those of a tenant
// that is throttled, P0 excepted, or of a class that is closed for all of the tenant. They stay
// where they are, first in line.
#pragma once

#include <map>
#include <set>

#include "dispatch/plane.hpp"
#include "jobs/gate_store.hpp"
#include "jobs/priority_class.hpp"
#include "quota/leases_store.hpp"

namespace ideamine::jobs {

// The jobs of one tenant, in one claim, in the order in which they are handed out. One that does
// not fit, but could, lets none pass that needs the same, so that large ones are not starved by
// small ones.
class Line {
  public:
    bool lets_pass(const quota::LeaseDemand& demand) const;
    // Any that stand in this lane.
    bool lets_pass(std::string_view lane) const;
    void hold_back(const quota::LeaseDemand& demand);

  private:
    quota::Needs waited_for_;
};

// Asked before jobs are taken from the plane.
class QuotaGate final : public dispatch::Gate {
  public:
    QuotaGate();

    Answer ask(const dispatch::Tenant& tenant, const dispatch::Lane& lane,
               std::uint8_t priority_class) override;

    // Finds out what made it say stop. False if nothing did.
    bool find_out();

    // A job of this queue found no room, or no money. Of one with many of them nothing more is
    // taken in this claim, so that they keep nobody else's jobs from it.
    void refused(const std::string& tenant, const std::string& lane, std::uint8_t priority_class);
    // Of what it holds back nothing more is taken, either.
    Line& line_of(const std::string& tenant) { return lines_[tenant]; }

  private:
    bool is_passed_over(std::string_view tenant, std::string_view lane,
                        std::uint8_t priority_class) const;

    using OfClasses = std::array<int, priority_classes.size()>;
    using OfLanes = std::map<std::string, OfClasses, std::less<>>;

    std::map<std::string, Line, std::less<>> lines_;
    bool counts_leases_ = quota::counts_leases();
    Time now_ = pg::now();
    std::map<std::string, OfLanes, std::less<>> refused_;  // how many, by tenant
    std::string unknown_;
    std::set<std::string, std::less<>> gone_;  // tenants that are no more
    quota::Throttling throttling_{};
};

// Of these the jobs that are served with one class.
class QuotaLine {
  public:
    QuotaLine(PriorityClass served_as, Line& line);

    // Takes what those need that fit, in their order; returns them. `counted`: those with needs or
    // a run.
    Tids admit(const std::string& tenant, const Tids& jobs, const Tids& counted);
    // Whether admit() would return any, as far as can be seen without taking anything.
    bool could_admit(const std::string& tenant, const Tids& jobs, const Tids& counted);

  private:
    struct Wanted;
    using AllWanted = std::map<std::uint64_t, Wanted>;

    static AllWanted read_wanted(const std::string& tenant, const Tids& counted);
    bool take(const std::string& tenant, const Wanted& wanted);
    void hold_back(const std::string& tenant, const pg::Tid& tid, const Wanted& wanted);

    quota::Throttling throttling_;
    bool counts_leases_ = quota::counts_leases();
    bool has_rung_ = false;
    Line& line_;
};

// The columns of a job for read_demand().
#define IDEAMINE_DEMAND "run_id, $[1.2 needs$| NULL::jsonb$]"

}  // namespace ideamine::jobs
